import { checkNumber, perParam, type Schedule, type Transform } from '@evenkeel/optim';
import { add, mul, type Variable } from '@tensorflow/tfjs-core';
import { type MatrixOptions, matricesOf, matrixSizes } from './matrices.js';
import { type CoefficientsName, largestValueOf, newtonSchulz, quinticsFor } from './newton-schulz.js';
import { orthogonalize } from './orthogonalize.js';

export interface MuonOptions extends MatrixOptions {
  /** η ≥ 0, or a schedule from steps taken to η. Default 0.02. */
  learningRate?: number | Schedule;
  /** How much of the average gradient survives a step (β), in [0, 1). Default 0.95. */
  momentum?: number;
  /** Look ahead: blend the average once more with the gradient. Default true. */
  nesterov?: boolean;
  /** Decoupled weight decay λ ≥ 0, times the learning rate. Default 0. */
  weightDecay?: number;
  /** Which Newton–Schulz schedule. Default `'keller-jordan'`. */
  coefficients?: CoefficientsName;
  /** Newton–Schulz steps, ≥ 1. Default: as many as the schedule has. */
  steps?: number;
  /**
   * The size of an update: `'aspect-ratio'`, √max(1, fanOut / fanIn), as Jordan's; or `'rms-to-rms'`,
   * √(fanOut / fanIn), which gives it RMS→RMS norm 1, as Modula's. Default `'aspect-ratio'`.
   */
  scale?: 'aspect-ratio' | 'rms-to-rms';
  /** The norm of a parameter's update, in units of the learning rate; > 0, or a function of it. Default 1. */
  targetNorm?: number | ((param: Variable) => number);
}

/**
 * Momentum, then steps in which every singular value is about the same. (Muon)
 *
 *     m ← β m + (1 − β) g
 *     u = (1 − β) g + β m  with `nesterov`, else m
 *     w ← (1 − η λ t) w − η t s · orthogonalize(u),     t = targetNorm,   s = √max(1, fanOut / fanIn)
 *
 * For matrices and batches of matrices, [.., fanOut, fanIn]; kernels of convolutions are matrices of [fanOut, rest], or of
 * [rest, fanOut] with layout `'in-out'`. Biases, gains, embeddings and heads need another transform, as in `muonWithAdamW`,
 * which is for whole models.
 *
 * Promises constraints how far a step can go (`StepBound`), so that `spectralSoftCap` stays cheap.
 *
 * @throws If an option is out of range; at the step, if a parameter has rank 0 or 1.
 * @see Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. Computed in float32, theirs in
 *     bfloat16. Their aspect ratio of a 4-D weight is that of its kernel; ours is that of the matrix.
 * @see `modulaMuon` for the variant of Newhouse et al. 2025.
 */
export function muon({
  learningRate = 0.02,
  momentum = 0.95,
  nesterov = true,
  weightDecay = 0,
  coefficients = 'keller-jordan',
  steps,
  scale = 'aspect-ratio',
  targetNorm = 1,
  layout = 'out-in',
  heads = 1,
}: MuonOptions = {}): Transform {
  checkNumber('muon', 'momentum', momentum, { atLeast: 0, below: 1, typical: 0.95 });
  checkNumber('muon', 'weightDecay', weightDecay, { atLeast: 0, below: Infinity, typical: 0.1 });
  const schedule = newtonSchulz('muon', coefficients);
  const count = steps ?? schedule.steps;
  checkNumber('muon', 'steps', count, { atLeast: 1, integer: true, typical: schedule.steps });
  if (scale !== 'aspect-ratio' && scale !== 'rms-to-rms') {
    throw new Error(`muon: scale is '${scale}', expected 'aspect-ratio' or 'rms-to-rms'.`);
  }
  const rateAt = (step: number) => {
    const rate = typeof learningRate === 'function' ? learningRate(step) : learningRate;
    return checkNumber('muon', 'learningRate', rate, { atLeast: 0, below: Infinity, typical: 0.02 });
  };
  if (typeof learningRate !== 'function') rateAt(0);
  const targetOf = (param: Variable) => {
    const target = typeof targetNorm === 'function' ? targetNorm(param) : targetNorm;
    return checkNumber('muon', 'targetNorm', target, { above: 0, below: Infinity, typical: 1 });
  };
  if (typeof targetNorm !== 'function')
    checkNumber('muon', 'targetNorm', targetNorm, { above: 0, typical: 1 });
  const largestSigma = largestValueOf(quinticsFor(schedule, count));

  const scaleOf = (fanOut: number, fanIn: number) =>
    Math.sqrt(scale === 'rms-to-rms' ? fanOut / fanIn : Math.max(1, fanOut / fanIn));

  const rule = perParam('muon', ['m'], (g, slots, param, step) => {
    const size = rateAt(step) * targetOf(param);
    if (param.rank < 2) throw new Error(noMatrix(param));
    const m = add(mul(slots.m, momentum), mul(g, 1 - momentum));
    const blended = nesterov ? add(mul(g, 1 - momentum), mul(m, momentum)) : m;
    const weight = matricesOf('muon', blended, { layout, heads });
    const orthogonal = weight.restore(orthogonalize(weight.matrices, { coefficients, steps: count }));
    const down = mul(orthogonal, -size * scaleOf(weight.fanOut, weight.fanIn));
    return [weightDecay > 0 ? add(down, mul(param, -size * weightDecay)) : down, { m }];
  });

  return {
    ...rule,
    learningRate: (_param, step) => rateAt(step),
    stepBound(param, step) {
      if (param.rank < 2) return undefined;
      const size = rateAt(step) * targetOf(param);
      const { allOut, fanIn } = matrixSizes(param.shape, layout);
      const update = size * scaleOf(allOut / heads, fanIn) * largestSigma;
      return { keep: Math.abs(1 - size * weightDecay), update, heads, layout };
    },
  };
}

/** The remedies are tested: `masked(muon(), …)` would add the raw gradient of what it leaves out. */
const noMatrix = ({ name, shape }: Variable): string =>
  `muon: parameter '${name}' has shape [${shape}], expected a matrix or a batch of matrices. Train it with another ` +
  "transform: muonWithAdamW(), or partition({ muon: muon(), adam: adamW() }, (param) => (isMatrix(param) ? 'muon' : 'adam')).";
