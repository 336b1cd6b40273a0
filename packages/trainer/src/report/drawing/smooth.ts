/**
 * An exponential moving average that begins with the first value.
 *
 *     mₜ = β mₜ₋₁ + (1 − β) xₜ,        shown: mₜ / (1 − βᵗ)
 *
 * @param values Null where there is none; the average goes on behind.
 * @param beta 0 to 1, exclusive. 0 gives the values.
 */
export function smooth(values: readonly (number | null)[], beta: number): (number | null)[] {
  if (beta === 0) return [...values];
  let [mean, remaining] = [0, 1];
  return values.map((value) => {
    if (value === null) return null;
    mean = beta * mean + (1 - beta) * value;
    remaining *= beta;
    return mean / (1 - remaining);
  });
}
