import { type NamedAttrMap, util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { Gelu, GeluGrad, Silu, SiluGrad } from '../kernel-names.js';
import { checkInput } from './check-input.js';

/** Number of a GELU in assembly/activation.ts. */
function geluNumber(name: string, { approximate = 'none' }: NamedAttrMap): number {
  if (approximate === 'none') return 0;
  if (approximate === 'tanh') return 1;
  throw new Error(
    `${name}: attribute 'approximate' is '${String(approximate)}', expected 'none' or 'tanh'. Pass one of them.`,
  );
}

const SILU = 2;

function activation(
  name: string,
  attrs: string[],
  numberOf: (attrs: NamedAttrMap) => number,
  isGrad: boolean,
): Kernel {
  return {
    name,
    attrs,
    run({ inputs, attrs, backend, functions, offset }) {
      const x = checkInput(name, inputs, 'x');
      const dy = isGrad ? checkInput(name, inputs, 'dy', x.shape) : null;
      const number = numberOf(attrs);
      const out = backend.makeOutput(x.shape, 'float32');
      const count = util.sizeFromShape(x.shape);
      if (dy) functions.activationBackward(number, offset(x), offset(dy), offset(out), count);
      else functions.activation(number, offset(x), offset(out), count);
      return out;
    },
  };
}

export const activationKernels: Kernel[] = [
  activation(Gelu, ['approximate'], (attrs) => geluNumber(Gelu, attrs), false),
  activation(GeluGrad, ['approximate'], (attrs) => geluNumber(GeluGrad, attrs), true),
  activation(Silu, [], () => SILU, false),
  activation(SiluGrad, [], () => SILU, true),
];
