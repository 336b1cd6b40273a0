import { util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { RotaryEmbedding } from '../kernel-names.js';
import { checkInput } from './check-input.js';

export const rotaryEmbedding: Kernel = {
  name: RotaryEmbedding,
  attrs: ['layout'],
  run({ inputs, attrs, backend, functions, offset }) {
    const x = checkInput(RotaryEmbedding, inputs, 'x');
    const [time, width] = x.shape.slice(-2);
    if (!(x.shape.length >= 2 && width % 2 === 0)) {
      throw new Error(
        `${RotaryEmbedding}: x has shape [${x.shape}], expected [..., time, width] of even width. Reshape it.`,
      );
    }
    if (attrs.layout !== 'half') {
      throw new Error(
        `${RotaryEmbedding}: attribute 'layout' is '${attrs.layout}', expected 'half'. Use the definition in tfjs ops.`,
      );
    }
    const [cos, sin] = ['cos', 'sin'].map((name) =>
      checkInput(RotaryEmbedding, inputs, name, [time, width / 2]),
    );
    const out = backend.makeOutput(x.shape, 'float32');
    const rows = util.sizeFromShape(x.shape.slice(0, -2));
    functions.rotary(offset(x), offset(cos), offset(sin), offset(out), rows, time, width);
    return out;
  },
};
