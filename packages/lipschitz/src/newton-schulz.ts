import { largestOn, type Quintic } from './quintic.js';

/** A published schedule of quintics that pushes singular values in (0, 1] towards 1. */
export interface NewtonSchulz {
  /** One per step; more steps than that repeat the last. */
  readonly quintics: readonly Quintic[];
  readonly steps: number;
  /** Added to the Frobenius norm that the matrix is divided by. */
  readonly epsilon: number;
}

/** Names of {@link COEFFICIENTS}. */
export type CoefficientsName = 'six-step' | 'five-step' | 'keller-jordan';

/**
 * Singular values from 1 % of the Frobenius norm end
 * - `'six-step'`: in [0.9956, 0.9993], and smaller ones below;
 * - `'five-step'`: in [0.977, 1.032];
 * - `'keller-jordan'`, five times one quintic: in [0.68, 1.134], and smaller ones below 1.203.
 *
 * @see Newhouse et al., "Training Transformers with Enforced Lipschitz Constants", 2025: the JAX code's six steps and
 *     the NanoGPT code's five.
 * @see Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
 */
const COEFFICIENTS: Readonly<Record<CoefficientsName, NewtonSchulz>> = {
  'six-step': {
    quintics: [
      [3955 / 1024, -8306 / 1024, 5008 / 1024],
      [3735 / 1024, -6681 / 1024, 3463 / 1024],
      [3799 / 1024, -6499 / 1024, 3211 / 1024],
      [4019 / 1024, -6385 / 1024, 2906 / 1024],
      [2677 / 1024, -3029 / 1024, 1162 / 1024],
      [2172 / 1024, -1833 / 1024, 682 / 1024],
    ],
    steps: 6,
    epsilon: 1e-12,
  },
  'five-step': {
    quintics: [
      [4.0848, -6.8946, 2.927],
      [3.9505, -6.3029, 2.6377],
      [3.7418, -5.5913, 2.3037],
      [2.8769, -3.1427, 1.2046],
      [2.8366, -3.0525, 1.2012],
    ],
    steps: 5,
    epsilon: 1e-7,
  },
  'keller-jordan': { quintics: [[3.4445, -4.775, 2.0315]], steps: 5, epsilon: 1e-7 },
};

/** The quintics of `steps` steps. */
export const quinticsFor = ({ quintics }: NewtonSchulz, steps: number): Quintic[] =>
  Array.from({ length: steps }, (_, i) => quintics[Math.min(i, quintics.length - 1)]);

/** The schedule of that name. @throws If there is none. */
export function newtonSchulz(where: string, name: CoefficientsName): NewtonSchulz {
  if (Object.hasOwn(COEFFICIENTS, name)) return COEFFICIENTS[name];
  throw new Error(
    `${where}: coefficients is '${String(name)}', expected one of '${Object.keys(COEFFICIENTS).join("', '")}'.`,
  );
}

/** The largest singular value that quintics make of one in [0, 1], rounded up by 0.1 % for float32. */
export const largestValueOf = (quintics: readonly Quintic[]): number =>
  1.001 * quintics.reduce((largest, quintic) => largestOn(largest, quintic), 1);
