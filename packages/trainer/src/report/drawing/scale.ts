/** A scale from values to pixels, with values to mark. */
export interface Scale {
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** A scale over a range, from one pixel to another; the range must be positive where it is logarithmic. */
export function scaleOf(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  isLogarithmic: boolean,
  count: number,
): Scale {
  const place = isLogarithmic ? Math.log10 : (value: number) => value;
  const [first, last] = [place(low), place(high)];
  const width = last - first;
  const at = (value: number) =>
    width > 0 ? from + ((place(value) - first) / width) * (to - from) : (from + to) / 2;
  return {
    isLogarithmic,
    ticks: isLogarithmic ? logTicks(low, high, count) : linearTicks(low, high, count),
    at,
  };
}

/** About so many round values: 1, 2 or 5 times a power of ten apart. */
function linearTicks(low: number, high: number, count: number): number[] {
  const width = high - low;
  if (!(width > 0) || !Number.isFinite(width)) return [low];
  const power = 10 ** Math.floor(Math.log10(width / count));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => width / each <= count * 1.3)!;
  const first = Math.ceil(low / step - 1e-9);
  // Counted: where a range is hardly wider than what a double resolves, first + 1 is first.
  const all = Array.from({ length: 2 * count + 2 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return [...new Set(all)].filter((tick) => tick >= low - step * 1e-9 && tick <= high + step * 1e-9);
}

/** Powers of ten, thinned out where there are many; with their doubles and fives, or as on a linear scale, where few. */
function logTicks(low: number, high: number, count: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first + 1) / (count + 1)));
  const within = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const powers: number[] = [];
  for (let power = first; power <= last; power += every) powers.push(Number(`1e${power}`));
  if (powers.length > 2) return powers.filter(within);
  const finer = [first - 1, ...Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)]
    .flatMap((power) => [1, 2, 5].map((times) => Number(`${times}e${power}`)))
    .filter(within);
  return finer.length > 2 ? finer : linearTicks(low, high, count);
}
