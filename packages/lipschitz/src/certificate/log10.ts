// Bounds multiply to 10²⁶⁴ and beyond, so a certificate computes with their decimal logarithms.

/** log₁₀(10^a + 10^b). */
export function log10Add(a: number, b: number): number {
  const [high, low] = a >= b ? [a, b] : [b, a];
  return Number.isFinite(high) ? high + Math.log10(1 + 10 ** (low - high)) : high;
}

/** Moves a sum of a few hundred logarithms up by more than their rounding errors. */
export function log10Up(log: number): number {
  return Number.isFinite(log) ? log + 1e-10 * (1 + Math.abs(log)) : log;
}
