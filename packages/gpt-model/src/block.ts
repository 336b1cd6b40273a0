import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { adaptingWithin } from './adapters/adapting.js';
import { type AttentionOptions, attention, type KeysAndValues } from './attention.js';
import type { ResolvedConfig } from './config.js';
import { type Dropping, dropout, seedAt } from './dropout.js';
import { mixtureOfExperts } from './experts.js';
import { mlp } from './mlp.js';
import { normalize } from './norm.js';
import { type Weights, within } from './weights.js';

/** Places that drop in one block. */
const PLACES = 3;

/**
 * Attention, then the MLP, each on a normalised input and added to what came in.
 *
 *     h = x ⊕ attention(norm₁ x)          y = h ⊕ mlp(norm₂ h)
 *     x ⊕ f = x + f                       or convex: (1 − α) x + α f
 *
 * @param x Shape `[batch, time, width]`.
 * @returns `y`, the shape of `x`, and the keys and values that attention saw.
 */
export function block(
  x: Tensor,
  weights: Weights,
  config: ResolvedConfig,
  options: AttentionOptions,
): { y: Tensor } & KeysAndValues {
  const { layer, dropping, adapting, observe } = options;
  const at = (place: number): Dropping => ({
    ...dropping,
    seed: seedAt(dropping.seed, 1 + PLACES * layer + place),
  });
  const name = `blocks.${layer}`;
  const norm = (part: string, input: Tensor) =>
    normalize(input, config, weights[`${part}.weight`], weights[`${part}.bias`]);

  const attended = attention(norm('norm1', x), within(weights, 'attention'), config, {
    ...options,
    dropping: at(0),
    adapting: adaptingWithin(adapting, 'attention'),
    observe: (part, value) => observe(`${name}.attention.${part}`, value),
  });
  observe(`${name}.attention`, attended.y);
  const h = combine(x, dropout(attended.y, at(1)), config);

  const perceive = config.experts > 0 ? mixtureOfExperts : mlp;
  const perceived = perceive(
    norm('norm2', h),
    within(weights, 'mlp'),
    config,
    adaptingWithin(adapting, 'mlp'),
    (part, value) => observe(`${name}.mlp.${part}`, value),
  );
  observe(`${name}.mlp`, perceived);
  const y = combine(h, dropout(perceived, at(2)), config);
  observe(name, y);
  return { ...attended, y };
}

function combine(
  x: Tensor,
  f: Tensor,
  { residual, residualScale, residualWeight, layers }: ResolvedConfig,
): Tensor {
  if (residual === 'plain') return add(x, f);
  const alpha = residualWeight ?? residualScale / (2 * layers);
  return add(mul(x, 1 - alpha), mul(f, alpha));
}
