import { checkOptions } from '@evenkeel/ops';
import { checkNumber, type StepBound } from '@evenkeel/optim';
import {
  add,
  clipByValue,
  type DataId,
  div,
  less,
  mul,
  sqrt,
  square,
  sub,
  type Tensor,
  type Tensor3D,
  type Variable,
  where,
} from '@tensorflow/tfjs-core';
import type { MatrixOptions } from '../matrices.js';
import { schattenBound } from '../schatten-bound.js';
import { scaledDown, unitMatrices } from '../unit.js';
import { type MatrixConstraint, onMatrices } from './matrix-constraint.js';
import { applySoftCap } from './soft-cap.js';
import { INTERIOR, RISING_UP_TO, unitCoupling } from './soft-cap-coupling.js';

export interface SpectralSoftCapOptions extends MatrixOptions {
  /** The largest RMS→RMS norm, √(fanIn / fanOut) σ₁, that a weight may have after a step; > 0. Default 1. */
  maxNorm?: number;
}

/**
 * Keeps the norm of every matrix at or below a cap, and leaves singular values well below it nearly alone.
 *
 *     W ← p(W),   p(σ) = σ (1 − 3u² + 3u³ − u⁴),  u = α σ²,     α from `softCapCoupling`
 *
 * How strong it must be depends on how far a step can go. `muon` promises that, and then a step costs four small
 * products. Behind any other transform each step bounds the norm anew (`schattenBound`, within 0.2 %), so that the
 * cap holds with any optimizer and from any start. It aims 0.02 % below `maxNorm`, more than float32 rounding adds.
 *
 * Where a step is larger than about 0.3 × the cap, the polynomial has its maximum inside the range: the cap still
 * holds, but takes more from the largest singular values than it must, and a warning says so, once. `spectralCap` is
 * the better choice there.
 *
 * Biases and scalars pass unchanged.
 *
 * @throws If an option is out of range; at the step, if a weight is neither a matrix nor a batch of matrices.
 * @see Newhouse et al., "Training Transformers with Enforced Lipschitz Constants", 2025, section 3. Their coupling lets
 *     weights pass the cap: see `softCapCoupling`. `publishedSoftCap` does as they do.
 */
export function spectralSoftCap(options: SpectralSoftCapOptions = {}): MatrixConstraint {
  checkOptions('spectralSoftCap', options, OPTIONS);
  const { maxNorm = 1, heads = 1, layout = 'outIn' } = options;
  checkNumber('spectralSoftCap', 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
  const target = maxNorm * (1 - MARGIN);
  let hasWarned = false;
  // What this cap wrote last into a variable is within the cap. Known by its data: others may write the variable too.
  const written = new WeakMap<Variable, DataId>();

  return (value, param, step) => {
    const bound = step?.stepBoundOf?.(value);
    const isWithin = param !== undefined && written.get(param) === param.dataId;
    const constrain = onMatrices('spectralSoftCap', options, ({ matrices, rmsScale }) => {
      const cap = target * rmsScale;
      return bound ? coupled(matrices, cap, bound, isWithin) : measured(matrices, cap);
    });
    const next = constrain(value, param, step);
    if (param) written.set(param, next.dataId);
    return next;
  };

  /** The cap for matrices after a step of known size, `isWithin` if they were within the cap before it. */
  function coupled(matrices: Tensor3D, cap: number, bound: StepBound, isWithin: boolean): Tensor3D {
    const k = bound.keep + largestUpdate(bound) / cap;
    if (k > RISING_UP_TO) warn(k);
    if (!(k <= STEEP)) return measured(matrices, cap);
    const within = isWithin ? matrices : shrinkTo(matrices, Math.max(k, 1) * cap);
    const alpha = unitCoupling(k);
    return alpha === 0
      ? within
      : inUnits(within, cap, (x, unit) => applySoftCap(x, alpha / (cap / unit) ** 2));
  }

  /** The largest singular value that the step can add to one of our heads. */
  function largestUpdate(bound: StepBound): number {
    const theirs = bound.heads ?? 1;
    const hasOurHeads = theirs === heads && (bound.layout ?? 'outIn') === layout;
    // Other heads than ours: ours are part of the whole, whose norm is at most √Σσ² over theirs.
    return hasOurHeads ? bound.update : bound.update * Math.sqrt(theirs);
  }

  function warn(k: number): void {
    if (hasWarned) return;
    hasWarned = true;
    console.warn(
      `spectralSoftCap: one step can take a weight to ${k.toPrecision(3)} × maxNorm, expected at most ` +
        `${RISING_UP_TO.toPrecision(3)} ×, a learning rate of about 0.3 × maxNorm (${maxNorm}). The cap holds, but ` +
        `shrinks more than it must: lower the learning rate, or use spectralCap.`,
    );
  }
}

const OPTIONS: Record<keyof SpectralSoftCapOptions, true> = { maxNorm: true, layout: true, heads: true };

/** The cap for matrices of any norm. */
function measured(matrices: Tensor3D, cap: number): Tensor3D {
  const scaled = unitMatrices(matrices);
  const norm = schattenBound(scaled.unit, 2e-3);
  const k = clipByValue(mul(norm, div(scaled.peak, cap)), 1, STEEP);
  const gentle = scaledDown(matrices, scaled, norm, STEEP * cap);
  return inUnits(gentle, cap, (x, unit) => applySoftCap(x, div(couplingOf(k), (cap / unit) ** 2)));
}

/** Scales matrices whose spectral norm is above `norm` down to it, within 1e-4. */
function shrinkTo(matrices: Tensor3D, norm: number): Tensor3D {
  const scaled = unitMatrices(matrices);
  return scaledDown(matrices, scaled, schattenBound(scaled.unit, 5e-5), norm * (1 + 1e-4));
}

/** Works in a power of two near the cap: no bit changes, and caps of any size have a square in float32. */
function inUnits(x: Tensor3D, cap: number, apply: (x: Tensor3D, unit: number) => Tensor3D): Tensor3D {
  const unit = 2 ** Math.round(Math.log2(cap));
  return unit === 1 ? apply(x, unit) : mul(apply(mul(x, 1 / unit), unit), unit);
}

/** `unitCoupling` of a tensor of k in [1, {@link STEEP}]: three Newton steps from √(y / 3) give all of float32. */
function couplingOf(k: Tensor): Tensor {
  const y = sub(1, div(1, k));
  let u: Tensor = sqrt(div(y, 3));
  for (let i = 0; i < 3; i++) {
    const value = mul(square(u), add(sub(3, mul(u, 3)), square(u)));
    const slope = mul(u, add(sub(6, mul(u, 9)), mul(square(u), 4)));
    u = sub(u, div(sub(value, y), add(slope, 1e-30)));
  }
  return where(less(k, RISING_UP_TO), div(u, square(k)), INTERIOR);
}

/** Below the cap by this much, relative: float32 rounding and the 1e-4 of {@link shrinkTo} stay within it. */
const MARGIN = 2e-4;
/** Largest k taken to the polynomial, where p(k) is still 0.82 and not falling to −1. */
const STEEP = 1.7;
