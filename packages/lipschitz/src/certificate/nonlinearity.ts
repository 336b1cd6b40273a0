/**
 * What a certificate must know of a nonlinearity φ: |φ(x) − φ(y)| ≤ slope · |x − y|, and |φ(z)| ≤ gain · |z|, in the
 * lengths of vectors. One that works entry by entry has as slope its largest |φ'|.
 */
export interface NonlinearityBounds {
  slope: number;
  gain: number;
}

/** One that is known by name, or the bounds of another one, which you have proven. */
export type Nonlinearity = keyof typeof KNOWN | NonlinearityBounds;

/**
 * The maxima are located numerically and rounded up in the sixth digit. GELU's slope is largest at √2 (1.1289041…); that of its tanh
 * form at 1.4185 (1.1289930…); SiLU's at 2.3994 (1.0998393…). All are x times something in [0, 1], so their gain is 1.
 * MaxMin only exchanges entries of a vector: both are 1.
 */
const KNOWN = {
  identity: { slope: 1, gain: 1 },
  relu: { slope: 1, gain: 1 },
  maxMin: { slope: 1, gain: 1 },
  tanh: { slope: 1, gain: 1 },
  gelu: { slope: 1.128994, gain: 1 },
  modulaGelu: { slope: 1.128994 / 1.1289, gain: 1 / 1.1289 },
  silu: { slope: 1.09984, gain: 1 },
} as const satisfies Record<string, NonlinearityBounds>;

/**
 * Bounds on a nonlinearity's slope and on how much it lengthens a vector.
 *
 * `'gelu'` holds for the exact and for the tanh form. `'modulaGelu'` is GELU / 1.1289, as in Modula. `'maxMin'` sorts pairs of
 * entries.
 *
 * @throws If the name is unknown, or a bound is no number ≥ 0.
 */
export function nonlinearityBounds(activation: Nonlinearity): NonlinearityBounds {
  const bounds = typeof activation === 'string' ? KNOWN[activation] : activation;
  if (bounds && bounds.slope >= 0 && bounds.gain >= 0) return bounds;
  throw new Error(
    `lipschitzCertificate: activation is ${JSON.stringify(activation)}, expected one of ` +
      `${Object.keys(KNOWN).join(', ')}, or { slope, gain } ≥ 0. Pass the bounds of an activation of your own.`,
  );
}
