import {
  add,
  clipByValue,
  erf,
  exp,
  mul,
  sigmoid,
  square,
  sub,
  type Tensor,
  util,
} from '@tensorflow/tfjs-core';
import { checkOptions } from './check-options.js';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { withGradient } from './with-gradient.js';

export interface GeluOptions {
  /** 'none': the normal distribution itself, as in nanoGPT. 'tanh': as in GPT-2 and Gemma. Default 'none'. */
  approximate?: 'none' | 'tanh';
}

/**
 * A smooth ReLU: the input times the chance that a normal variable is smaller. (GELU)
 *
 *     y = x Φ(x) = x (1 + erf(x / √2)) / 2             'none'
 *     y = x (1 + tanh(u)) / 2 = x σ(2u)                'tanh', u = √(2/π) (x + 0.044715 x³)
 *
 * The two differ by up to 5·10⁻⁴. The gradient is exact for each. tfjs's `erf` on cpu, webgl and webgpu
 * is off by up to 1.5·10⁻⁷, so that y is off by up to 10⁻⁷ |x|: all digits of float32, but few of a y that
 * is itself near zero, for x below −4. On the wasm backend 'tanh' is several times faster: its `erf` and
 * `tanh` are slow and its sigmoid is not.
 *
 * @param x Any shape, float32.
 * @returns The shape of `x`.
 * @throws If `approximate` is neither, or the dtype is not float32.
 * @see Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016. https://arxiv.org/abs/1606.08415
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  checkOptions('gelu', options, OPTIONS);
  const { approximate = 'none' } = options;
  util.assert(
    approximate === 'none' || approximate === 'tanh',
    () =>
      `gelu: approximate is '${approximate}', expected 'none' or 'tanh'. Use PyTorch's name of the variant.`,
  );
  requireFloat('gelu', { x });
  const { value, slope } = approximate === 'tanh' ? tanhForm : erfForm;
  if (x.size === 0) return overNothing([x], x.shape);
  return withGradient(
    [x],
    () => ({ value: kernelOr(KERNELS.gelu, { x }, { approximate }, () => value(x)), save: [x] }),
    (dy, [x]) => [kernelOr(KERNELS.geluGrad, { dy, x }, { approximate }, () => mul<Tensor>(dy, slope(x)))],
  );
}

/** Φ(x) */
const normalCdf = (x: Tensor): Tensor => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);

const erfForm = {
  value: (x: Tensor): Tensor => mul(x, normalCdf(x)),
  /** Φ(x) + x φ(x) */
  slope: (x: Tensor): Tensor =>
    add(normalCdf(x), mul(x, mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)))),
};

/** 2u = SCALE (x + CUBIC x³) */
const SCALE = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const gateOf = (x: Tensor): Tensor => sigmoid(mul(x, add(mul(square(x), SCALE * CUBIC), SCALE)));

const tanhForm = {
  value: (x: Tensor): Tensor => mul(x, gateOf(x)),
  /** σ + x σ (1 − σ) (2u)′; beyond ±16 the second term is 0, where x³ would overflow. */
  slope: (x: Tensor): Tensor => {
    const gate = gateOf(x);
    const near = clipByValue(x, -16, 16);
    const steepness = mul(near, add(mul(square(near), 3 * SCALE * CUBIC), SCALE));
    return add(gate, mul(mul(gate, sub(1, gate)), steepness));
  },
};

const OPTIONS: Record<keyof GeluOptions, true> = { approximate: true };
