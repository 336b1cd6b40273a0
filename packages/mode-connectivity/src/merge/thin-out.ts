/** A rule that keeps a share of a change to one tensor and drops the rest. */
export type ThinOut = (change: Float64Array) => Float64Array;

/** How many of n entries a share is. 0.29 of 100 is 29, though the product is a little less in floating point. */
const countOf = (density: number, n: number): number => Math.floor(density * n * (1 + 1e-12));

/** Keeps the ⌊density · n⌋ entries of the largest magnitude; of equal ones, the first. */
export function largest(density: number): ThinOut {
  return (change) => {
    const count = countOf(density, change.length);
    if (count >= change.length) return change;
    const kept = new Float64Array(change.length);
    const sizes = change.map(Math.abs).sort();
    const least = sizes[sizes.length - count];
    let above = 0;
    for (const value of change) if (Math.abs(value) > least) above += 1;
    let equal = count - above;
    change.forEach((value, i) => {
      const size = Math.abs(value);
      if (size > least || (size === least && count > 0 && equal-- > 0)) kept[i] = value;
    });
    return kept;
  };
}

/** Keeps the entries that a mask tells. */
export function masked(mask: ArrayLike<number>): ThinOut {
  return (change) => change.map((value, i) => (mask[i] ? value : 0));
}

/**
 * How much a thinned change is stretched, so that it changes as much as before: `density` by 1 / density, as the paper has it;
 * `l1` to the L1 norm it had.
 */
export type Rescale = 'density' | 'l1' | 'none';

/** Below this an L1 norm is nothing to go by. */
const NO_NORM = 1e-7;

export function rescaled(
  thin: Float64Array,
  change: Float64Array,
  density: number,
  rescale: Rescale,
): Float64Array {
  const factor = rescale === 'density' ? 1 / density : rescale === 'l1' ? l1(change, thin) : 1;
  return factor === 1 ? thin : thin.map((value) => value * factor);
}

function l1(change: Float64Array, thin: Float64Array): number {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + Math.abs(value), 0);
  const [before, after] = [sum(change), sum(thin)];
  return before < NO_NORM || after < NO_NORM ? 1 : before / after;
}
