import { util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { LayerNorm, LayerNormGrad, RmsNorm, RmsNormGrad } from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

function norm(name: string, center: boolean): Kernel {
  return {
    name,
    attrs: ['epsilon'],
    run({ inputs, attrs, backend, functions, offset }) {
      const x = checkInput(name, inputs, 'x');
      const width = x.shape[x.shape.length - 1] ?? 0;
      const gain = checkInput(name, inputs, 'gain', [width]);
      const bias = inputs.bias && checkInput(name, inputs, 'bias', [width]);
      const rows = util.sizeFromShape(x.shape.slice(0, -1));
      const outputs = [x.shape, [rows], [rows]].map((shape) => backend.makeOutput(shape, 'float32'));
      const [y, means, scales] = outputs.map(offset);
      const epsilon = numberAttr(name, attrs, 'epsilon');
      functions.norm(
        ...([offset(x), offset(gain), bias ? offset(bias) : 0, y, means, scales] as const),
        ...([rows, width, epsilon, Number(center)] as const),
      );
      return outputs;
    },
  };
}

function normGrad(name: string, center: boolean): Kernel {
  return {
    name,
    attrs: [],
    run({ inputs, backend, functions, offset }) {
      const x = checkInput(name, inputs, 'x');
      const width = x.shape[x.shape.length - 1] ?? 0;
      const rows = util.sizeFromShape(x.shape.slice(0, -1));
      const dy = checkInput(name, inputs, 'dy', x.shape);
      const gain = checkInput(name, inputs, 'gain', [width]);
      const [means, scales] = ['means', 'scales'].map((input) => checkInput(name, inputs, input, [rows]));
      const shapes = center ? [x.shape, [width], [width]] : [x.shape, [width]];
      const outputs = shapes.map((shape) => backend.makeOutput(shape, 'float32'));
      const [dx, dgain, dbias = 0] = outputs.map(offset);
      functions.normBackward(
        ...([offset(dy), offset(x), offset(gain), offset(means), offset(scales)] as const),
        ...([dx, dgain, dbias, rows, width, Number(center)] as const),
      );
      return outputs;
    },
  };
}

export const normKernels: Kernel[] = [
  norm(LayerNorm, true),
  normGrad(LayerNormGrad, true),
  norm(RmsNorm, false),
  normGrad(RmsNormGrad, false),
];
