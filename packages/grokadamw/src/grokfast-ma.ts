import { addAll, checkOptions } from '@evenkeel/ops';
import { checkNumber, countOf, heldCount, heldTensor, type State, type Transform } from '@evenkeel/optim';
import { add, mul, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';

export interface GrokfastMaOptions {
  /** How many gradients the average spans, ≥ 1; as many copies of the parameters are held. Default 100. */
  windowSize?: number;
  /** How much of it is added to the gradient (λ), ≥ 0. Default 5. */
  lambda?: number;
  /** Whether the mean or the sum of the window is added. Default `'mean'`. */
  filterType?: 'mean' | 'sum';
  /** Pass gradients unchanged until the window is full. Default true. */
  warmup?: boolean;
  /**
   * Switches the filter off: gradients pass unchanged and are remembered. A function is asked at each step. Counts only
   * with `warmup`, as published. Default false.
   */
  trigger?: boolean | (() => boolean);
}

/**
 * Adds the slow part of the gradient, the mean of the last ones, to it. (Grokfast-MA)
 *
 *     u = g + λ · mean(g₍ₜ₋ₙ₊₁₎ … gₜ)
 *
 * Put it before the optimizer. Holds `windowSize` gradients per parameter; `grokfastEma` holds one.
 *
 * Differs from the reference where gradients are zeroed in place: there the window holds the newest gradient several
 * times, here each as it was.
 *
 * @throws If an option is out of range, or state has another shape than its parameter.
 * @see Lee et al., "Grokfast: Accelerated Grokking by Amplifying Slow Gradients", 2024, algorithm 1.
 *     https://arxiv.org/abs/2405.20233
 */
export function grokfastMa(options: GrokfastMaOptions = {}): Transform {
  const name = 'grokfastMa';
  checkOptions(name, options, OPTIONS);
  const { windowSize = 100, lambda = 5, filterType = 'mean', warmup = true, trigger = false } = options;
  checkNumber(name, 'windowSize', windowSize, { atLeast: 1, integer: true, typical: 100 });
  checkNumber(name, 'lambda', lambda, { atLeast: 0, below: Infinity, typical: 5 });
  if (filterType !== 'mean' && filterType !== 'sum') {
    throw new Error(`${name}: filterType is '${String(filterType)}', expected 'mean' or 'sum'.`);
  }
  /** The window's places in the state, the oldest gradient first. */
  const slots = Array.from({ length: windowSize }, (_, age) => String(age));
  return {
    name,
    stepsMade: () => 0,
    update(updates, state, { params }) {
      const isOff = warmup && (typeof trigger === 'function' ? trigger() : trigger);
      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, Tensor | State> = { ...state }; // keeps absent parameters
      for (const [id, g] of Object.entries(updates)) {
        const held = state[id] as State | undefined;
        const filled = Math.min(windowSize, heldCount(name, params[id], held, 'filled') + 1);
        const older = slots.slice(1).map((slot) => heldTensor(name, params[id], held, slot) ?? zerosLike(g));
        const window = [...older, g];
        const isActive = !isOff && (!warmup || filled === windowSize);
        // Slots not filled yet are 0.
        const weight = filterType === 'mean' ? lambda / filled : lambda;
        nextUpdates[id] = isActive ? tidy(() => add(g, mul(addAll(window), weight))) : g;
        const entries = window.map((gradient, age) => [slots[age], gradient] as const);
        nextState[id] = { ...Object.fromEntries(entries), filled: countOf(filled) };
      }
      return { updates: nextUpdates, state: nextState };
    },
  };
}

const OPTIONS: Record<keyof GrokfastMaOptions, true> = {
  windowSize: true,
  lambda: true,
  filterType: true,
  warmup: true,
  trigger: true,
};
