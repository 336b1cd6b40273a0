/** A stretch of learning rates that train. */
export interface Band {
  /** How wide it is. */
  decades: number;
  /** It reaches an end of the sweep, so it may be wider. */
  isOpen: boolean;
}

/**
 * The longest stretch of learning rates whose losses are at or below a threshold.
 *
 * Ends are where the loss, drawn as straight lines over the logarithm of the rate, crosses the threshold; a run that
 * diverged (null) ends a stretch at the last rate that did not.
 */
export function widestBand(
  learningRates: readonly number[],
  losses: readonly (number | null)[],
  threshold: number,
): Band {
  const powers = learningRates.map(Math.log10);
  const holds = (i: number) => losses[i] !== null && losses[i]! <= threshold;
  let widest: Band = { decades: 0, isOpen: false };
  for (let i = 0; i < losses.length; i++) {
    if (!holds(i) || (i > 0 && holds(i - 1))) continue;
    let last = i;
    while (last + 1 < losses.length && holds(last + 1)) last++;
    const decades = end(last, last + 1) - end(i, i - 1);
    if (decades > widest.decades) widest = { decades, isOpen: i === 0 || last === losses.length - 1 };
  }
  return widest;

  /** Where the line from a rate that holds to its neighbour crosses the threshold. */
  function end(inside: number, outside: number): number {
    const [a, b] = [losses[inside]!, losses[outside]];
    if (b === undefined || b === null) return powers[inside];
    return powers[inside] + ((threshold - a) / (b - a)) * (powers[outside] - powers[inside]);
  }
}

/** "1.6", or "≥ 1.6" for one that the sweep cuts off. */
export const showBand = ({ decades, isOpen }: Band): string => `${isOpen ? '≥ ' : ''}${decades.toFixed(1)}`;
