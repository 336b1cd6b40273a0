/** Numbers by their place. Unlike Float64Array.from it makes no list first, which some hundred million numbers do not fit in. */
export function filled(length: number, at: (i: number) => number): Float64Array {
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) numbers[i] = at(i);
  return numbers;
}
