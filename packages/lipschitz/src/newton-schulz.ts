import { checkNumber } from '@evenkeel/optim';
import { polarExpress } from './polar-express.js';
import { largestOn, type Quintic } from './quintic.js';

/** A schedule of quintics that pushes singular values in (0, 1] towards 1. */
export interface NewtonSchulz {
  /** One per step; more steps than that repeat the last. */
  readonly quintics: readonly Quintic[];
  /** How many steps are usual. Default: one per quintic. */
  readonly steps?: number;
  /** What the Frobenius norm is multiplied by before the matrix is divided by it, ≥ 1. Default 1. */
  readonly factor?: number;
  /** Added to the Frobenius norm, ≥ 0. Default 0. */
  readonly epsilon?: number;
  /** The smallest number that the matrix is divided by, ≥ 0, as PyTorch's Muon has it in the place of epsilon. Default 0. */
  readonly floor?: number;
}

/** Names of {@link COEFFICIENTS}. */
export type CoefficientsName = 'sixStep' | 'fiveStep' | 'kellerJordan' | 'polarExpress';

/**
 * Singular values from 1 % of the Frobenius norm end
 * - `'sixStep'`: in [0.9956, 0.9993], and smaller ones below;
 * - `'fiveStep'`: in [0.977, 1.032];
 * - `'kellerJordan'`, five times one quintic: in [0.68, 1.134], and smaller ones below 1.203;
 * - `'polarExpress'`, nanochat's five: in [0.859, 1.141], also those from 0.1 %.
 *
 * @see Newhouse et al., "Training Transformers with Enforced Lipschitz Constants", 2025: the JAX code's six steps and
 *     the NanoGPT code's five.
 * @see Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
 * @see `polarExpress`, and Karpathy, nanochat, `polar_express_coeffs`.
 */
const COEFFICIENTS: Readonly<Record<CoefficientsName, () => NewtonSchulz>> = {
  sixStep: () => ({
    quintics: [
      [3955 / 1024, -8306 / 1024, 5008 / 1024],
      [3735 / 1024, -6681 / 1024, 3463 / 1024],
      [3799 / 1024, -6499 / 1024, 3211 / 1024],
      [4019 / 1024, -6385 / 1024, 2906 / 1024],
      [2677 / 1024, -3029 / 1024, 1162 / 1024],
      [2172 / 1024, -1833 / 1024, 682 / 1024],
    ],
    epsilon: 1e-12,
  }),
  fiveStep: () => ({
    quintics: [
      [4.0848, -6.8946, 2.927],
      [3.9505, -6.3029, 2.6377],
      [3.7418, -5.5913, 2.3037],
      [2.8769, -3.1427, 1.2046],
      [2.8366, -3.0525, 1.2012],
    ],
    epsilon: 1e-7,
  }),
  kellerJordan: () => ({ quintics: [[3.4445, -4.775, 2.0315]], steps: 5, epsilon: 1e-7 }),
  polarExpress: () => ({ quintics: polarExpress(), factor: 1.01, epsilon: 1e-6 }),
};

/** A schedule whose numbers are all there, and one quintic for each step. */
export type ResolvedNewtonSchulz = Required<Omit<NewtonSchulz, 'steps'>>;

/**
 * The schedule of that name, or the given one, for that many steps.
 *
 * @throws If there is none of that name, or a number is out of range.
 */
export function newtonSchulz(
  where: string,
  coefficients: CoefficientsName | NewtonSchulz,
  steps?: number,
): ResolvedNewtonSchulz {
  const { quintics, factor = 1, epsilon = 0, floor = 0, ...rest } = scheduleOf(where, coefficients);
  const count = steps ?? rest.steps ?? quintics.length;
  checkNumber(where, 'steps', count, { atLeast: 1, integer: true, typical: 5 });
  checkNumber(where, 'coefficients.factor', factor, { atLeast: 1, below: Infinity, typical: 1 });
  checkNumber(where, 'coefficients.epsilon', epsilon, { atLeast: 0, below: Infinity, typical: 1e-7 });
  checkNumber(where, 'coefficients.floor', floor, { atLeast: 0, below: Infinity, typical: 1e-7 });
  const repeated = Array.from({ length: count }, (_, i) => quintics[Math.min(i, quintics.length - 1)]);
  return { quintics: repeated, factor, epsilon, floor };
}

function scheduleOf(where: string, coefficients: CoefficientsName | NewtonSchulz): NewtonSchulz {
  if (typeof coefficients === 'string' && Object.hasOwn(COEFFICIENTS, coefficients)) {
    return COEFFICIENTS[coefficients]();
  }
  const quintics: unknown = typeof coefficients === 'object' ? coefficients?.quintics : undefined;
  const isTriple = (triple: unknown) =>
    Array.isArray(triple) && triple.length === 3 && triple.every(Number.isFinite);
  if (Array.isArray(quintics) && quintics.length > 0 && quintics.every(isTriple)) {
    return coefficients as NewtonSchulz;
  }
  const came = typeof coefficients === 'string' ? `'${coefficients}'` : JSON.stringify(coefficients);
  throw new Error(
    `${where}: coefficients is ${came}, expected one of '${Object.keys(COEFFICIENTS).join("', '")}', or ` +
      `{ quintics: [[a, b, c], …] }. Numbers from a paper go into quintics.`,
  );
}

/** The largest singular value that a schedule makes of any matrix, rounded up by 0.1 % for float32. */
export const largestValueOf = ({ quintics, factor }: ResolvedNewtonSchulz): number =>
  1.001 * quintics.reduce((largest, quintic) => largestOn(largest, quintic), 1 / factor);
