import { checkOptions } from '@evenkeel/ops';
import { checkNumber, heldTensor, type State, type Transform } from '@evenkeel/optim';
import { add, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';

export interface GrokfastEmaOptions {
  /** How much of the average survives a step (α), in [0, 1). Default 0.98. */
  alpha?: number;
  /** How much of it is added to the gradient (λ), ≥ 0. Default 2. */
  lambda?: number;
}

/**
 * Adds the slow part of the gradient, an exponential average, to it. (Grokfast-EMA)
 *
 *     e₁ = g₁,   e ← α e + (1 − α) g         u = g + λ e
 *
 * Put it before the optimizer: `chain(grokfastEma(), adamW())`. The average starts at the first gradient; GrokAdamW's
 * starts at 0.
 *
 * @throws If an option is out of range, or state has another shape than its parameter.
 * @see Lee et al., "Grokfast: Accelerated Grokking by Amplifying Slow Gradients", 2024, algorithm 2.
 *     https://arxiv.org/abs/2405.20233
 */
export function grokfastEma(options: GrokfastEmaOptions = {}): Transform {
  const name = 'grokfastEma';
  checkOptions(name, options, OPTIONS);
  const { alpha = 0.98, lambda = 2 } = options;
  checkNumber(name, 'alpha', alpha, { atLeast: 0, below: 1, typical: 0.98 });
  checkNumber(name, 'lambda', lambda, { atLeast: 0, below: Infinity, typical: 2 });
  return {
    name,
    stepsMade: () => 0,
    update(updates, state, { params }) {
      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, Tensor | State> = { ...state }; // keeps absent parameters
      for (const [id, g] of Object.entries(updates)) {
        const held = heldTensor(name, params[id], state[id] as State | undefined, 'ema');
        const ema = held ? tidy(() => add<Tensor>(mul(held, alpha), mul(g, 1 - alpha))) : g;
        nextUpdates[id] = tidy(() => add(g, mul(ema, lambda)));
        nextState[id] = { ema };
      }
      return { updates: nextUpdates, state: nextState };
    },
  };
}

const OPTIONS: Record<keyof GrokfastEmaOptions, true> = { alpha: true, lambda: true };
