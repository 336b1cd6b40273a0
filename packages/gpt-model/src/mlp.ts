import { gelu, maxMin, silu } from '@evenkeel/ops';
import { mul, relu, split, type Tensor } from '@tensorflow/tfjs-core';
import { type Adapting, project } from './adapters/adapting.js';
import type { Activation, ResolvedConfig } from './config.js';
import type { Observe } from './pass.js';
import type { Weights } from './weights.js';

/**
 * Works on each position by itself.
 *
 *     y = W_down f(W_up x)                            plain
 *     y = W_down (f(W_gate x) ∘ W_up x)               gated: SwiGLU with silu, GeGLU with geluTanh
 *
 * @param x Shape `[..., width]`.
 * @returns The shape of `x`.
 * @see Shazeer, "GLU Variants Improve Transformer", 2020. https://arxiv.org/abs/2002.05202
 */
export function mlp(
  x: Tensor,
  weights: Weights,
  config: ResolvedConfig,
  adapting: Adapting,
  observe: Observe,
): Tensor {
  const through = (name: string, input: Tensor) => project(input, weights, name, adapting);
  const f = (input: Tensor) => activate(input, config.activation);
  const answer = (hidden: Tensor) => {
    observe('hidden', hidden);
    return through('down', hidden);
  };
  if (!config.gatedMlp) return answer(f(through('up', x)));
  const [gate, up] = config.fusedGate
    ? split(through('gateUp', x), 2, -1)
    : [through('gate', x), through('up', x)];
  return answer(mul(f(gate), up));
}

/** The largest slope of the tanh form of GELU, by which Modula divides it. */
const GELU_SLOPE = 1.1289;

function activate(x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'gelu':
      return gelu(x);
    case 'geluTanh':
      return gelu(x, { approximate: 'tanh' });
    case 'modulaGelu':
      return mul(gelu(x, { approximate: 'tanh' }), 1 / GELU_SLOPE);
    case 'silu':
      return silu(x);
    case 'relu':
      return relu(x);
    case 'maxMin':
      return maxMin(x);
  }
}
