import { checkNumber, type State, type Transform } from '@evenkeel/optim';
import { add, addN, mul, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import { countOf, numberOf } from './counts.js';

export interface GrokfastMaOptions {
  /** How many gradients the average spans, ≥ 1; as many copies of the parameters are held. Default 100. */
  windowSize?: number;
  /** How much of it is added to the gradient (λ), ≥ 0. Default 5. */
  lambda?: number;
  /** Whether the mean or the sum of the window is added. Default `'mean'`. */
  filterType?: 'mean' | 'sum';
  /** Pass gradients unchanged until the window is full. Default true. */
  warmup?: boolean;
  /** While it returns true, gradients pass unchanged and are remembered; only with `warmup`, as published. */
  trigger?: () => boolean;
}

/**
 * Adds the slow part of the gradient, the mean of the last ones, to it. (Grokfast-MA)
 *
 *     u = g + λ · mean(g₍ₜ₋ₙ₊₁₎ … gₜ)
 *
 * Put it before the optimizer. Holds `windowSize` gradients per parameter; `grokfastEma` holds one.
 *
 * @throws If an option is out of range.
 * @see Lee et al., "Grokfast: Accelerated Grokking by Amplifying Slow Gradients", 2024, algorithm 1.
 */
export function grokfastMa({
  windowSize = 100,
  lambda = 5,
  filterType = 'mean',
  warmup = true,
  trigger = () => false,
}: GrokfastMaOptions = {}): Transform {
  checkNumber('grokfastMa', 'windowSize', windowSize, { atLeast: 1, integer: true, typical: 100 });
  checkNumber('grokfastMa', 'lambda', lambda, { atLeast: 0, below: Infinity, typical: 5 });
  if (filterType !== 'mean' && filterType !== 'sum') {
    throw new Error(`grokfastMa: filterType is '${String(filterType)}', expected 'mean' or 'sum'.`);
  }
  /** The window's places in the state, the oldest gradient first. */
  const slots = Array.from({ length: windowSize }, (_, age) => String(age));
  return {
    name: 'grokfastMa',
    update(updates, state) {
      const isOff = warmup && trigger();
      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, Tensor | State> = { ...state };
      for (const [id, g] of Object.entries(updates)) {
        const held = state[id] as State | undefined;
        const filled = Math.min(windowSize, (held ? numberOf(held.filled as Tensor) : 0) + 1);
        const window = [
          ...slots.slice(1).map((slot) => (held?.[slot] as Tensor | undefined) ?? zerosLike(g)),
          g,
        ];
        const isActive = !isOff && (!warmup || filled === windowSize);
        // Slots not filled yet are 0.
        const weight = filterType === 'mean' ? lambda / filled : lambda;
        nextUpdates[id] = isActive ? add(g, mul(addN(window), weight)) : g;
        const entries = window.map((gradient, age) => [slots[age], gradient] as const);
        nextState[id] = { ...Object.fromEntries(entries), filled: countOf(filled) };
      }
      return { updates: nextUpdates, state: nextState };
    },
  };
}
