/**
 * How many decades of learning rates train: the longest stretch whose losses are at or below a threshold.
 *
 * Ends are where the loss, drawn as straight lines over the logarithm of the rate, crosses the threshold; a run that
 * diverged (null) ends a stretch at the last rate that did not. A stretch that reaches the end of the sweep is a lower bound.
 */
export function bandWidth(
  learningRates: readonly number[],
  losses: readonly (number | null)[],
  threshold: number,
): number {
  const powers = learningRates.map(Math.log10);
  const holds = (i: number) => losses[i] !== null && losses[i]! <= threshold;
  let widest = 0;
  for (let i = 0; i < losses.length; i++) {
    if (!holds(i) || (i > 0 && holds(i - 1))) continue;
    let last = i;
    while (last + 1 < losses.length && holds(last + 1)) last++;
    widest = Math.max(widest, end(last, last + 1) - end(i, i - 1));
  }
  return widest;

  /** Where the line from a rate that holds to its neighbour crosses the threshold. */
  function end(inside: number, outside: number): number {
    const [a, b] = [losses[inside]!, losses[outside]];
    if (b === undefined || b === null) return powers[inside];
    return powers[inside] + ((threshold - a) / (b - a)) * (powers[outside] - powers[inside]);
  }
}
