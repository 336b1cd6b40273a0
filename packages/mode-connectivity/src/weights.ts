import { add, clone, div, mul, type Tensor, tidy, util } from '@tensorflow/tfjs-core';

/** A model's parameters by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/**
 * The point between two models.
 *
 *     w(α) = α wA + (1 − α) wB          α = 1 is A, α = 0 is B
 *
 * At α = 0 and 1 the numbers are those of the ends, bit for bit. Integer and boolean tensors cannot be mixed and must
 * be equal in shape; A's are taken.
 *
 * @param alpha Usually in [0, 1]; outside it extrapolates.
 * @returns New tensors, the caller's to dispose.
 * @throws If the two have other names, shapes or dtypes, or α is not a finite number.
 * @see Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020, section 2.
 */
export function interpolate(weightsA: Weights, weightsB: Weights, alpha: number): Record<string, Tensor> {
  if (!Number.isFinite(alpha)) {
    throw new Error(`interpolate: alpha is ${String(alpha)}, expected a finite number, usually in [0, 1].`);
  }
  checkSame('interpolate', weightsA, weightsB);
  const between = (a: Tensor, b: Tensor) => {
    if (alpha === 1 || a.dtype !== 'float32') return clone(a);
    return alpha === 0 ? clone(b) : add<Tensor>(mul(a, alpha), mul(b, 1 - alpha));
  };
  return tidy(() =>
    Object.fromEntries(Object.entries(weightsA).map(([name, a]) => [name, between(a, weightsB[name])])),
  );
}

/**
 * The mean of several models: what is at the middle of the path for two.
 *
 * @returns New tensors, the caller's to dispose.
 * @throws If there is no model, or they have other names, shapes or dtypes.
 * @see Wortsman et al., "Model soups", 2022.
 */
export function averageWeights(models: readonly Weights[]): Record<string, Tensor> {
  if (models.length === 0) throw new Error('averageWeights: got no models, expected at least one.');
  for (const model of models) checkSame('averageWeights', models[0], model);
  const mean = (tensors: Tensor[]) =>
    tensors[0].dtype === 'float32'
      ? div<Tensor>(
          tensors.reduce((a, b) => add(a, b)),
          tensors.length,
        )
      : clone(tensors[0]);
  return tidy(() =>
    Object.fromEntries(
      Object.keys(models[0]).map((name) => [name, mean(models.map((model) => model[name]))]),
    ),
  );
}

/** How far apart two models are: the Euclidean length of wA − wB over all float parameters, read back. */
export function distance(weightsA: Weights, weightsB: Weights): number {
  checkSame('distance', weightsA, weightsB);
  let squares = 0;
  for (const [name, a] of Object.entries(weightsA)) {
    if (a.dtype !== 'float32') continue;
    const [x, y] = [a.dataSync(), weightsB[name].dataSync()];
    for (let i = 0; i < x.length; i++) squares += (x[i] - y[i]) ** 2;
  }
  return Math.sqrt(squares);
}

/** @throws If two models cannot be mixed, by what differs first. */
export function checkSame(where: string, a: Weights, b: Weights): void {
  const [namesA, namesB] = [Object.keys(a), Object.keys(b)];
  const missing = namesA.find((name) => !Object.hasOwn(b, name));
  const unexpected = namesB.find((name) => !Object.hasOwn(a, name));
  if (missing !== undefined || unexpected !== undefined) {
    throw new Error(
      `${where}: '${missing ?? unexpected}' is in only one of the two models, expected the same parameters in both. ` +
        `Interpolate models of one architecture, with names that do not depend on the model's own.`,
    );
  }
  for (const name of namesA) {
    if (util.arraysEqual(a[name].shape, b[name].shape) && a[name].dtype === b[name].dtype) continue;
    throw new Error(
      `${where}: '${name}' is ${a[name].dtype} [${a[name].shape}] in one model and ${b[name].dtype} [${b[name].shape}] ` +
        `in the other, expected the same.`,
    );
  }
}
