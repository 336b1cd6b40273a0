import { checkOptions } from '@evenkeel/ops';
import {
  type ByName,
  checkedSchedule,
  checkNumber,
  countOf,
  heldCount,
  heldTensor,
  optimizerClass,
  type Schedule,
  type State,
  type Step,
  type Transform,
} from '@evenkeel/optim';
import { type Tensor, tidy, type Variable, zerosLike } from '@tensorflow/tfjs-core';
import { grokAdamWStep } from './grok-adamw-step.js';
import { layerFromName } from './layer-from-name.js';
import { combineSignals, type GrokkingSignal } from './signals.js';

export interface GrokAdamWOptions {
  /** η ≥ 0, or a schedule from steps taken to η. Default 1e-3. */
  learningRate?: number | Schedule;
  /** How much of the average gradient survives a step, in [0, 1), in layer 0. Default 0.9. */
  beta1?: number;
  /** How much of the average squared gradient survives a step, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Added to the root of the average square, ≥ 0. Default 1e-8. */
  epsilon?: number;
  /** Share of each weight removed per step, times the learning rate; ≥ 0. Default 0.01. */
  weightDecay?: number;
  /** How much of the slow gradient survives a step while nothing is memorised (α₀), in [0, 1]. Default 0.98. */
  alphaInit?: number;
  /** How much of the slow gradient is added to the gradient (λ), ≥ 0. Default 2. */
  lambda?: number;
  /** How much smaller β₁ is from layer to layer (γ), in [0, 1]. Default 0.1. */
  gamma?: number;
  /** How much the model memorises at present, read once per step and averaged. Default none. */
  grokkingSignals?: readonly GrokkingSignal[];
  /** How fast α falls with the signal (κ), ≥ 0. Default 0.1. */
  grokkingSignalDecayRate?: number;
  /** The largest norm of each parameter's gradient by itself, ≥ 0; 0 and Infinity never clip. Default 1. */
  maxGradNorm?: number;
  /**
   * What counts as a layer: `'parameterIndex'`, each parameter that has a gradient, in the order given, as the published
   * code; or `'layer'`, as its README, by `layerOf`. Default `'parameterIndex'`.
   */
  layerDecay?: 'parameterIndex' | 'layer';
  /** The layer of a parameter, from 0, only with `layerDecay: 'layer'`. Default {@link layerFromName}. */
  layerOf?: (param: Variable) => number;
}

/** {@link grokAdamW}, with what it did last, for logging. */
export interface GrokAdamWTransform extends Transform {
  /** α of the last step; α₀ before the first. */
  readonly alpha: number;
  /** The combined signal at the last step; null while no signal knows anything. */
  readonly signal: number | null;
}

/**
 * AdamW that amplifies the slow part of the gradient, and does so less while the model memorises. (GrokAdamW)
 *
 *     α = α₀ exp(−κ signal)
 *     e ← α e + (1 − α) g              ĝ = g + λ e
 *     m ← β₁ₗ m + (1 − β₁ₗ) ĝ          v ← β₂ v + (1 − β₂) ĝ²           β₁ₗ = β₁ (1 − γ)ˡ
 *     w ← (1 − η λ_w) w − η (√(1 − β₂ᵗ) / (1 − β₁ᵗ)) m / (√v + ε)      t = steps of this parameter
 *
 * g is clipped, parameter by parameter, to `maxGradNorm`. The default is the published code, whose README says otherwise
 * in places: l counts parameters, not layers (`layerDecay`); the norm that is clipped is each parameter's, not the
 * global one (put `clipByGlobalNorm` before it and set `maxGradNorm: 0` for that); ε is added before the bias correction;
 * and the corrections use the β₁ of layer 0, so that early steps of deep layers are too long by up to
 * (1 − β₁ₗ) / (1 − β₁). With `'parameterIndex'` a step depends on the order of the parameters, and on which of them have
 * a gradient; with `'layer'` on neither.
 *
 * Unlike the reference, whose state is lost with its checkpoint, training resumes bit for bit: m, v, e and the step
 * count of each parameter are state, by name.
 *
 * @throws If an option is out of range.
 * @see E. Hartford et al., GrokAdamW, 2024, https://github.com/cognitivecomputations/grokadamw
 * @see Lee et al., "Grokfast: Accelerated Grokking by Amplifying Slow Gradients", 2024.
 */
export function grokAdamW(options: GrokAdamWOptions = {}): GrokAdamWTransform {
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0.01,
    alphaInit = 0.98,
    lambda = 2,
    gamma = 0.1,
    grokkingSignals = [],
    grokkingSignalDecayRate = 0.1,
    maxGradNorm = 1,
    layerDecay = 'parameterIndex',
    layerOf = layerFromName,
  } = options;
  const where = 'grokAdamW';
  checkOptions(where, options, OPTIONS);
  checkNumber(where, 'beta1', beta1, { atLeast: 0, below: 1, typical: 0.9 });
  checkNumber(where, 'beta2', beta2, { atLeast: 0, below: 1, typical: 0.999 });
  checkNumber(where, 'epsilon', epsilon, { atLeast: 0, below: Infinity, typical: 1e-8 });
  checkNumber(where, 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0.01 });
  checkNumber(where, 'alphaInit', alphaInit, { atLeast: 0, atMost: 1, typical: 0.98 });
  checkNumber(where, 'lambda', lambda, { atLeast: 0, below: Infinity, typical: 2 });
  checkNumber(where, 'gamma', gamma, { atLeast: 0, atMost: 1, typical: 0.1 });
  checkNumber(where, 'grokkingSignalDecayRate', grokkingSignalDecayRate, {
    atLeast: 0,
    below: Infinity,
    typical: 0.1,
  });
  checkNumber(where, 'maxGradNorm', maxGradNorm, { atLeast: 0, typical: 1 });
  if (layerDecay !== 'parameterIndex' && layerDecay !== 'layer') {
    throw new Error(`${where}: layerDecay is '${layerDecay}', expected 'parameterIndex' or 'layer'.`);
  }
  if (options.layerOf && layerDecay !== 'layer') {
    throw new Error(
      `${where}: layerOf was given with layerDecay '${layerDecay}', which does not ask for layers. ` +
        `Add layerDecay: 'layer', or leave layerOf out.`,
    );
  }
  const rateAt = checkedSchedule(where, 'learningRate', learningRate);
  const readSignal = combineSignals(grokkingSignals);
  const last = { alpha: alphaInit, signal: null as number | null };

  const layerOfParam = (param: Variable, index: number) =>
    layerDecay === 'parameterIndex'
      ? index
      : checkNumber(where, `the layer of '${param.name}'`, layerOf(param), {
          atLeast: 0,
          integer: true,
          typical: 0,
        });

  return {
    name: where,
    get alpha() {
      return last.alpha;
    },
    get signal() {
      return last.signal;
    },
    learningRate: (_param, count) => rateAt(count),
    update(updates: ByName, state: State, step: Step) {
      last.signal = readSignal();
      last.alpha =
        last.signal === null ? alphaInit : alphaInit * Math.exp(-grokkingSignalDecayRate * last.signal);
      const common = {
        learningRate: rateAt(step.count),
        beta2,
        epsilon,
        weightDecay,
        alpha: last.alpha,
        lambda,
        maxGradNorm: maxGradNorm === Infinity ? 0 : maxGradNorm,
      };

      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, State> = { ...(state as Record<string, State>) }; // keeps absent parameters
      Object.entries(updates).forEach(([id, gradient], index) => {
        const param = step.params[id];
        const held = nextState[id] as State | undefined;
        const slot = (name: string) => heldTensor(where, param, held, name) ?? zerosLike<Tensor>(param);
        const steps = heldCount(where, param, held, 'step') + 1;
        const numbers = {
          ...common,
          beta1: beta1 * (1 - gamma) ** layerOfParam(param, index),
          correction1: 1 - beta1 ** steps,
          correction2: 1 - beta2 ** steps,
        };
        const next = tidy(() =>
          grokAdamWStep({ gradient, param, m: slot('m'), v: slot('v'), ema: slot('ema') }, numbers),
        );
        nextUpdates[id] = next[0];
        nextState[id] = { m: next[1], v: next[2], ema: next[3], step: countOf(steps) };
      });
      return { updates: nextUpdates, state: nextState };
    },
  };
}

const OPTIONS: Record<keyof GrokAdamWOptions, true> = {
  learningRate: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  alphaInit: true,
  lambda: true,
  gamma: true,
  grokkingSignals: true,
  grokkingSignalDecayRate: true,
  maxGradNorm: true,
  layerDecay: true,
  layerOf: true,
};

/**
 * {@link grokAdamW} as a `tf.Optimizer` class that tf.layers can save: `new GrokAdamW({ learningRate: 1e-3 })`.
 *
 * Signals are functions, which a model file cannot hold: with them, save the model without its optimizer.
 */
export class GrokAdamW extends /* @__PURE__ */ optimizerClass<GrokAdamWOptions>('GrokAdamW', grokAdamW) {
  declare protected readonly transform: GrokAdamWTransform;

  /** α of the last step; α₀ before the first. */
  get alpha(): number {
    return this.transform.alpha;
  }

  /** The combined signal at the last step; null while no signal knows anything. */
  get signal(): number | null {
    return this.transform.signal;
  }
}
