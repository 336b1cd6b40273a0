import { checkOptions } from '@evenkeel/ops';
import { checkedSchedule, checkNumber, perParam, type Schedule, type Transform } from '@evenkeel/optim';
import { add, mul, neg, sub, type Tensor, type Tensor3D, type Variable } from '@tensorflow/tfjs-core';
import { agreement, haveSameSign } from './cautious.js';
import { type MatrixOptions, matricesOf, matrixSizes } from './matrices.js';
import { type CoefficientsName, largestValueOf, type NewtonSchulz, newtonSchulz } from './newton-schulz.js';
import { equilibratedRows, evenedOut, renormalized } from './norm-matched.js';
import { orthogonalized } from './orthogonalize.js';

export interface MuonOptions extends MatrixOptions {
  /** η ≥ 0, or a schedule from steps taken to η. Default 0.02. */
  learningRate?: number | Schedule;
  /** How much of the average gradient survives a step (β), in [0, 1), or a schedule of it. Default 0.95. */
  momentum?: number | Schedule;
  /** Look ahead: blend the average once more with the gradient. Default true. */
  nesterov?: boolean;
  /** Drops entries whose average and gradient differ in sign before the update is made orthogonal. Default false. */
  cautious?: boolean;
  /** Decoupled weight decay λ ≥ 0, times the learning rate, or a schedule of it. Default 0. */
  weightDecay?: number | Schedule;
  /** Decays only entries that the step itself does not move away from zero. Default false. */
  cautiousDecay?: boolean;
  /** Multiplies the decay by the scale s too, as nanochat does. Default false. */
  scaledDecay?: boolean;
  /** Which Newton–Schulz schedule, or one of your own. Default `'kellerJordan'`. */
  coefficients?: CoefficientsName | NewtonSchulz;
  /** Newton–Schulz steps, ≥ 1. Default: as many as the schedule has. */
  steps?: number;
  /** Gives all rows of the update the same length before it is made orthogonal (MuonEq). Default false. */
  equilibrateRows?: boolean;
  /** Gives the orthogonal update the Frobenius norm √min(fanOut, fanIn) (Muon+). Default false. */
  renormalize?: boolean;
  /**
   * Evens out the rows of the orthogonal update, or its columns where there are more of those (NorMuon): how much of their
   * average square survives a step (β₂), in [0, 1). Default off.
   */
  beta2?: number;
  /**
   * The size s of an update:
   * - `'aspectRatio'`, √max(1, fanOut / fanIn), as Jordan's and PyTorch's `original`;
   * - `'rmsToRms'`, √(fanOut / fanIn), which gives it RMS→RMS norm 1, as Modula's;
   * - `'adamwRms'`, 0.2 √max(fanOut, fanIn), which gives it the RMS of AdamW's, as PyTorch's `match_rms_adamw`;
   * - or a function of fanOut and fanIn.
   *
   * Default `'aspectRatio'`.
   */
  scale?: keyof typeof SCALES | ((fanOut: number, fanIn: number) => number);
  /** The norm of a parameter's update, in units of the learning rate; > 0, or a function of it. Default 1. */
  targetNorm?: number | ((param: Variable) => number);
}

const SCALES = {
  aspectRatio: (fanOut: number, fanIn: number) => Math.sqrt(Math.max(1, fanOut / fanIn)),
  rmsToRms: (fanOut: number, fanIn: number) => Math.sqrt(fanOut / fanIn),
  adamwRms: (fanOut: number, fanIn: number) => 0.2 * Math.sqrt(Math.max(fanOut, fanIn)),
} as const;

/**
 * Momentum, then steps in which every singular value is about the same. (Muon)
 *
 *     m ← β m + (1 − β) g
 *     u = (1 − β) g + β m  with `nesterov`, else m
 *     w ← (1 − η λ t) w − η t s · orthogonalize(u),     t = targetNorm,   s = scale
 *
 * For matrices and batches of matrices, [.., fanOut, fanIn]; kernels of convolutions are matrices of [fanOut, rest], or of
 * [rest, fanOut] with layout `'inOut'`. Biases, gains, embeddings and heads need another transform, as in `muonWithAdamW`,
 * which is for whole models. What was added to Muon since can be switched on one by one; `nanochatMuon` is all of it.
 *
 * Promises constraints how far a step can go (`StepBound`), so that `spectralSoftCap` stays cheap: η t s times the
 * largest value that the schedule makes, 1.0003 for `'sixStep'`, 1.146 for `'fiveStep'`, 1.2036 for `'kellerJordan'` and
 * 1.142 for `'polarExpress'`. With `renormalize` or `beta2` a gradient of rank 1 can raise that to √min(fanOut, fanIn), and
 * the cap then bounds the norm itself. `cautiousDecay` can even raise a norm: an entry-wise mask is no contraction.
 *
 * @throws If an option is out of range; at the step, if a parameter has rank 0 or 1.
 * @see Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. Computed in float32, theirs in
 *     bfloat16. Their aspect ratio of a 4-D weight is that of its kernel; ours is that of the matrix.
 * @see `modulaMuon` for the variant of Newhouse et al. 2025.
 */
export function muon(options: MuonOptions = {}): Transform {
  checkOptions('muon', options, MUON_OPTIONS);
  const {
    learningRate = 0.02,
    momentum = 0.95,
    nesterov = true,
    cautious = false,
    weightDecay = 0,
    cautiousDecay = false,
    scaledDecay = false,
    coefficients = 'kellerJordan',
    steps,
    equilibrateRows = false,
    renormalize = false,
    beta2,
    scale = 'aspectRatio',
    targetNorm = 1,
    layout = 'outIn',
    heads = 1,
  } = options;
  const rateAt = checkedSchedule('muon', 'learningRate', learningRate, {
    atLeast: 0,
    below: Infinity,
    typical: 0.02,
  });
  const momentumAt = checkedSchedule('muon', 'momentum', momentum, { atLeast: 0, below: 1, typical: 0.95 });
  const decayAt = checkedSchedule('muon', 'weightDecay', weightDecay, {
    atLeast: 0,
    below: Infinity,
    typical: 0.1,
  });
  if (beta2 !== undefined) checkNumber('muon', 'beta2', beta2, { atLeast: 0, below: 1, typical: 0.95 });
  const schedule = newtonSchulz('muon', coefficients, steps);
  const scaleOf = typeof scale === 'function' ? scale : SCALES[scale];
  if (!scaleOf) {
    const names = Object.keys(SCALES).join("', '");
    throw new Error(
      `muon: scale is '${scale}', expected one of '${names}', or a function of fanOut and fanIn.`,
    );
  }
  const targetOf = (param: Variable) => {
    const target = typeof targetNorm === 'function' ? targetNorm(param) : targetNorm;
    return checkNumber('muon', 'targetNorm', target, { above: 0, below: Infinity, typical: 1 });
  };
  if (typeof targetNorm !== 'function')
    checkNumber('muon', 'targetNorm', targetNorm, { above: 0, typical: 1 });

  /** The direction to climb, and the new v: `u` made orthogonal, with all that is switched on. */
  const directionOf = (u: Tensor3D, v: Tensor | undefined): [Tensor3D, Tensor | undefined] => {
    const x = orthogonalized(equilibrateRows ? equilibratedRows(u) : u, schedule);
    const sized = renormalize ? renormalized(x) : x;
    return v && beta2 !== undefined ? evenedOut(sized, v, beta2) : [sized, undefined];
  };

  const evens = beta2 !== undefined;
  const rule = perParam<'m' | 'v'>('muon', evens ? ['m', 'v'] : ['m'], (g, slots, param, step) => {
    if (param.rank < 2) throw new Error(noMatrix(param));
    if (param.size === 0) return [g, slots];
    const [size, beta] = [rateAt(step) * targetOf(param), momentumAt(step)];
    const m = add(mul(slots.m, beta), mul(g, 1 - beta));
    const blended = nesterov ? add(mul(g, 1 - beta), mul(m, beta)) : m;
    const matrices = (weight: Tensor) => matricesOf('muon', weight, { layout, heads });
    const masked = cautious ? mul(blended, agreement(m, g)) : blended;
    const { matrices: u, fanOut, fanIn, restore } = matrices(masked);
    const [x, v] = directionOf(u, evens ? matrices(slots.v).matrices : undefined);
    const direction = restore(x);
    const s = scaleOf(fanOut, fanIn);
    const decay = size * decayAt(step) * (scaledDecay ? s : 1);
    const down = mul(direction, -size * s);
    const next = { m, ...(v && { v: restore(v) }) } as { m: Tensor; v: Tensor };
    return [decay > 0 ? sub(down, mul(decayed(param, direction), decay)) : down, next];
  });
  /** With `cautiousDecay` only what the step moves towards zero, or not at all. */
  const decayed = (param: Variable, direction: Tensor): Tensor =>
    cautiousDecay ? sub(param, mul(param, haveSameSign(neg(direction), param))) : param;

  return {
    ...rule,
    learningRate: (_param, step) => rateAt(step),
    stepBound(param, step) {
      if (param.rank < 2) return undefined;
      const size = rateAt(step) * targetOf(param);
      const { allOut, fanIn } = matrixSizes(param.shape, layout);
      const fanOut = allOut / heads;
      const s = scaleOf(fanOut, fanIn);
      const largest = largestValueOf(schedule);
      // A matrix of rank 1 keeps its Frobenius norm when it is evened out, and that is then its spectral norm.
      const flat = Math.sqrt(Math.min(fanOut, fanIn)) * (renormalize ? 1.001 : largest);
      const update = size * s * (renormalize || evens ? flat : largest);
      const decay = size * decayAt(step) * (scaledDecay ? s : 1);
      const keep = cautiousDecay ? keptBy(decay, Math.min(allOut, fanIn)) : Math.abs(1 - decay);
      return { keep, update, heads, layout };
    },
  };
}

export const MUON_OPTIONS: Record<keyof MuonOptions, true> = {
  learningRate: true,
  momentum: true,
  nesterov: true,
  cautious: true,
  weightDecay: true,
  cautiousDecay: true,
  scaledDecay: true,
  coefficients: true,
  steps: true,
  equilibrateRows: true,
  renormalize: true,
  beta2: true,
  scale: true,
  targetNorm: true,
  layout: true,
  heads: true,
};

/**
 * How much a decay of some entries can leave of a singular value: 1 − d mask = (1 − d/2) + (d/2) signs, and entry-wise
 * signs leave the Frobenius norm, which is at most √rank times the spectral one.
 */
const keptBy = (decay: number, rank: number): number =>
  decay === 0 ? 1 : Math.abs(1 - decay / 2) + (decay / 2) * Math.sqrt(rank);

/** The remedies are tested: `masked(muon(), …)` would add the raw gradient of what it leaves out. */
const noMatrix = ({ name, shape }: Variable): string =>
  `muon: parameter '${name}' has shape [${shape}], expected a matrix or a batch of matrices. Train it with another ` +
  "transform: muonWithAdamW(), or partition({ muon: muon(), adam: adamW() }, (param) => (isMatrix(param) ? 'muon' : 'adam')).";
