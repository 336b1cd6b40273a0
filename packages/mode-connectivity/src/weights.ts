import { add, clone, div, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { namedAs, type Weights } from './check-weights.js';
import { isList, shown } from './what-came.js';

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
 * @returns New tensors, the caller's to dispose.
 * @throws If there is no model, or they are not live tensors of the same shapes and dtypes, under names that belong
 *     together (`h/kernel`, `h/kernel_1`).
 * @see Wortsman et al., "Model soups", 2022.
 */
export function averageWeights(models: readonly Weights[]): Record<string, Tensor> {
  if (!isList(models)) {
    throw new Error(`averageWeights: models is ${shown(models)}, expected a list of weights by name.`);
  }
  if (models.length === 0) throw new Error('averageWeights: got no models, expected at least one.');
  const alike = models.map((model) => namedAs('averageWeights', models[0], model));
  const mean = (tensors: Tensor[]) =>
    tensors[0].dtype === 'float32'
      ? div<Tensor>(
          tensors.reduce((a, b) => add(a, b)),
          tensors.length,
        )
      : clone(tensors[0]);
  return tidy(() =>
    Object.fromEntries(Object.keys(models[0]).map((name) => [name, mean(alike.map((model) => model[name]))])),
  );
}

/**
 * How far apart two models are: the Euclidean length of wA − wB over all float parameters, read back.
 *
 * @throws If the two are not live tensors of the same shapes and dtypes, under names that belong together (`h/kernel`,
 *     `h/kernel_1`).
 */
export function distance(weightsA: Weights, weightsB: Weights): number {
  const others = namedAs('distance', weightsA, weightsB);
  let squares = 0;
  for (const [name, a] of Object.entries(weightsA)) {
    if (a.dtype !== 'float32') continue;
    const [x, y] = [a.dataSync(), others[name].dataSync()];
    for (let i = 0; i < x.length; i++) squares += (x[i] - y[i]) ** 2;
  }
  return Math.sqrt(squares);
}
