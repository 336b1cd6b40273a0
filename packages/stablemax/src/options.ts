import { clipByValue, type Tensor } from '@tensorflow/tfjs-core';

/** The guards of the published trainer. Both are off by default: the functions here need none. */
export interface StablemaxOptions {
  /** Logits below this count as this; their gradient is 0. The published trainer uses −10. Default: none. */
  clampMin?: number;
  /** Added to the sum of s, and to a probability before its logarithm, ≥ 0. The published trainer uses 10⁻⁹. Default: 0. */
  epsilon?: number;
}

/** The names of {@link StablemaxOptions}. */
export const STABLEMAX_OPTIONS: Record<keyof StablemaxOptions, true> = { clampMin: true, epsilon: true };

/** @throws If an option is NaN or out of range. */
export function checkStablemaxOptions(where: string, { clampMin, epsilon }: StablemaxOptions): void {
  if (clampMin !== undefined && !Number.isFinite(clampMin)) {
    throw new Error(
      `${where}: clampMin is ${clampMin}, expected a finite number. The published value is -10.`,
    );
  }
  if (epsilon !== undefined && !(Number.isFinite(epsilon) && epsilon >= 0)) {
    throw new Error(
      `${where}: epsilon is ${epsilon}, expected a finite number ≥ 0. The published value is 1e-9.`,
    );
  }
}

/** The logits, not below `clampMin`; gradient 1 at the limit and above it, 0 below. */
export const clamped = (logits: Tensor, { clampMin }: StablemaxOptions): Tensor =>
  clampMin === undefined ? logits : clipByValue(logits, clampMin, Infinity);
