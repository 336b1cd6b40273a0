import { add, clone, div, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { namedAs, type Weights } from './check-weights.js';
import { checkMerge } from './merge/check-merge.js';

/**
 * The point between two models.
 *
 *     w(α) = α wA + (1 − α) wB          α = 1 is A, α = 0 is B
 *
 * The result has the names of A. At α = 0 and α = 1 it equals the ends bit for bit. Integer and boolean tensors cannot be
 * mixed: between the ends they are those of A.
 *
 * @param alpha Usually in [0, 1]; outside it extrapolates.
 * @returns New tensors, the caller's to dispose.
 * @throws If the two are not live tensors of the same shapes and dtypes, under names that belong together (`h/kernel`,
 *     `h/kernel_1`), or α is not a finite number.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 2.
 */
export function interpolate(weightsA: Weights, weightsB: Weights, alpha: number): Record<string, Tensor> {
  if (!Number.isFinite(alpha)) {
    throw new Error(`interpolate: alpha is ${String(alpha)}, expected a finite number, usually in [0, 1].`);
  }
  const ends = namedAs('interpolate', weightsA, weightsB);
  const between = (a: Tensor, b: Tensor) => {
    if (alpha === 0) return clone(b);
    if (alpha === 1 || a.dtype !== 'float32') return clone(a);
    return add<Tensor>(mul(a, alpha), mul(b, 1 - alpha));
  };
  return tidy(() =>
    Object.fromEntries(Object.entries(weightsA).map(([name, a]) => [name, between(a, ends[name])])),
  );
}

/**
 * The mean of several models, under the names of the first. For two models it is the middle of the path.
 *
 *     Σ wₖ modelₖ / Σ wₖ          without `normalize: false`; all wₖ are 1 unless given
 *
 * Integer and boolean tensors are those of the first.
 *
 * @returns New tensors, the caller's to dispose.
 * @throws If there is no model, they are not live tensors of the same shapes and dtypes, under names that belong
 *     together (`h/kernel`, `h/kernel_1`), there is not one weight for each, or they are to be divided by a sum of 0.
 * @see Wortsman et al., "Model soups", 2022.
 */
export function averageWeights(
  models: readonly Weights[],
  options: AverageWeightsOptions = {},
): Record<string, Tensor> {
  const shares = sharesOf(models, options);
  const alike = models.map((model) => namedAs('averageWeights', models[0], model));
  const mean = (tensors: Tensor[]) => {
    if (tensors[0].dtype !== 'float32') return clone(tensors[0]);
    // Equal weights are summed before they are divided, so that the mean of equal models is those.
    const isPlain = options.weights === undefined;
    const terms = isPlain ? tensors : tensors.map((tensor, i) => mul<Tensor>(tensor, shares[i]));
    const sum = terms.reduce((a, b) => add(a, b));
    return isPlain && options.normalize !== false ? div<Tensor>(sum, tensors.length) : sum;
  };
  return tidy(() =>
    Object.fromEntries(Object.keys(models[0]).map((name) => [name, mean(alike.map((model) => model[name]))])),
  );
}

export interface AverageWeightsOptions {
  /** How much each model counts. Default all the same. */
  readonly weights?: readonly number[];
  /** Divides by the sum of the weights. Default true. */
  readonly normalize?: boolean;
}

function sharesOf(
  models: readonly Weights[],
  { weights, normalize = true }: AverageWeightsOptions,
): readonly number[] {
  checkMerge('averageWeights', models, { weights });
  const given = weights ?? Array.from(models, () => 1);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  if (normalize && total === 0) {
    throw new Error(
      `averageWeights: the weights are ${given.join(', ')}, whose sum is 0, expected another sum, or normalize: false.`,
    );
  }
  return normalize ? given.map((weight) => weight / total) : given;
}

/**
 * How far apart two models are: the Euclidean length of wA − wB over all float parameters, read back synchronously.
 *
 * @throws If the two are not live tensors of the same shapes and dtypes, under names that belong together (`h/kernel`,
 *     `h/kernel_1`).
 */
export function distance(weightsA: Weights, weightsB: Weights): number {
  const pairs = floatPairs(weightsA, weightsB);
  return Math.sqrt(pairs.reduce((sum, [a, b]) => sum + squaredDistance(a.dataSync(), b.dataSync()), 0));
}

/** {@link distance}, for backends that are not read synchronously. */
export async function readDistance(weightsA: Weights, weightsB: Weights): Promise<number> {
  let squares = 0;
  for (const [a, b] of floatPairs(weightsA, weightsB)) {
    squares += squaredDistance(await a.data(), await b.data());
  }
  return Math.sqrt(squares);
}

function floatPairs(weightsA: Weights, weightsB: Weights): (readonly [Tensor, Tensor])[] {
  const others = namedAs('distance', weightsA, weightsB);
  return Object.entries(weightsA)
    .filter(([, { dtype }]) => dtype === 'float32')
    .map(([name, a]) => [a, others[name]] as const);
}

function squaredDistance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - y[i]) ** 2;
  return squares;
}
