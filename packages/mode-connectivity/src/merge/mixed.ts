/** How the changes of several models to one tensor become one change. */
export interface Mixing {
  /** How much each model counts. */
  readonly weights: readonly number[];
  /** Which sign wins where models disagree; entries of the other sign are dropped. None: all entries count. */
  readonly elect?: 'sum' | 'count';
  /** Whether the mix is divided by the weights of what was kept: a mean in place of a sum. */
  readonly normalize: boolean;
  /** What the mix is multiplied by, λ. */
  readonly scale: number;
}

/**
 * Adds a mix of changes to a tensor.
 *
 *     base + λ Σₖ wₖ dₖ / (Σ wₖ, if normalized)
 *
 * With an election, an entry counts where its sign is the elected one: that of Σ wₖ dₖ (`sum`) or of Σ sign(dₖ) (`count`), 0
 * counting as positive. The divisor is then the sum of the weights of what counts, entry by entry.
 *
 * @param base The tensor before any model changed it.
 * @param changes dₖ, one per model, thinned out already.
 */
export function mixed(
  base: ArrayLike<number>,
  changes: readonly Float64Array[],
  { weights, elect, normalize, scale }: Mixing,
): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const whole = Math.abs(total) < 1e-8 ? 1 : total;
  const result = new Float64Array(base.length);
  for (let i = 0; i < result.length; i++) {
    let vote = 0;
    for (let k = 0; k < changes.length; k++) {
      const change = weights[k] * changes[k][i];
      vote += elect === 'count' ? Math.sign(change) : change;
    }
    const sign = vote >= 0 ? 1 : -1;
    let [sum, divisor] = [0, 0];
    for (let k = 0; k < changes.length; k++) {
      const change = weights[k] * changes[k][i];
      if (elect && Math.sign(change) !== sign) continue;
      sum += change;
      divisor += weights[k];
    }
    const by = !normalize ? 1 : elect ? divisor || 1 : whole;
    result[i] = base[i] + (scale * sum) / by;
  }
  return result;
}
