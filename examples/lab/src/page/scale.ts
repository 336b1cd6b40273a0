/** From so many times the smallest value on, the largest leaves it no room on a linear scale. */
const LARGE_SPAN = 20;

/** Whether values differ so much that only a logarithmic scale shows them all. */
export function suitsLogarithm(values: readonly number[]): boolean {
  const drawable = values.filter((value) => Number.isFinite(value) && value > 0);
  if (drawable.length === 0 || values.some((value) => value < 0)) return false;
  const [smallest, largest] = endsOf(drawable);
  return largest / smallest > LARGE_SPAN;
}

/** The ends of a value axis: all values, with some room around them. */
export function rangeAround(
  min: number | null,
  max: number | null,
  isLogarithmic: boolean,
): [number, number] {
  if (min === null || max === null) return isLogarithmic ? [1, 10] : [0, 1];
  if (isLogarithmic) return [min / 1.15, max * 1.15];
  const room = (max - min || Math.abs(max) || 1) * 0.06;
  // Nothing that is counted or measured here is negative.
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

/**
 * Where a logarithmic axis has lines: at every digit of a decade, at 1, 2 and 5 of a few, at the powers of ten of many.
 *
 * uPlot's own do not come to an end where an axis begins between two digits.
 */
export function logarithmicTicks(min: number, max: number): number[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const decades = to - from;
  const digits = decades > 4 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const stride = Math.ceil(decades / 8);
  const exponents = Array.from({ length: decades + 1 }, (_, i) => from + i).filter(
    (each) => each % stride === 0,
  );
  return exponents
    .flatMap((exponent) => digits.map((digit) => Number(`${digit}e${exponent}`)))
    .filter((tick) => tick >= min && tick <= max);
}

const endsOf = (values: readonly number[]): [number, number] =>
  values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
