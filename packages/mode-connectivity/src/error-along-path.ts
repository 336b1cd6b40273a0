import { dispose } from '@tensorflow/tfjs-core';
import { barrier } from './barrier.js';
import { namedAs, type Weights } from './check-weights.js';
import { cloned, loadWeights, withWeightsRestored } from './live-model.js';
import { alphasOf, checkPathOptions, type PathOptions } from './path-options.js';
import { splitReader } from './read-split.js';
import { interpolate, readDistance } from './weights.js';
import { checkFunction } from './what-came.js';

/** What was measured along a path from B (α = 0) to A (α = 1). Plain JSON. */
export interface Path {
  readonly alphas: readonly number[];
  /** Means over the batches at each α, by split and measure: `values.validation.loss[i]`. */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** {@link barrier} of each. */
  readonly barriers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Each at the mean of the two models, α = ½: what weight averaging gives. */
  readonly atMean: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** ‖wA − wB‖. */
  readonly distance: number;
}

/**
 * Measures a model at points on the straight line between two sets of weights.
 *
 *     E(α) = mean over batches of measure(α wA + (1 − α) wB)
 *
 * Unlike the reference, which draws new batches for each α, all points see the same ones, so that the curve shows the
 * path and not the noise of the data.
 *
 * @param weightsA, weightsB Two models by parameter name, as `copyWeights(variables)` gives them. The live model's own
 *     variables by name will do too: they are read before the first point is written.
 * @throws If the models differ in names or shapes, an option is missing or out of range, a split has no batches or other
 *     ones at another point, or a measure is not a number. The live model's weights are restored in any case.
 */
export async function errorAlongPath<Batch>(
  weightsA: Weights,
  weightsB: Weights,
  options: PathOptions<Batch>,
): Promise<Path> {
  checkPathOptions('errorAlongPath', options);
  const { variables, data, onProgress, signal } = options;
  if (onProgress !== undefined)
    checkFunction('errorAlongPath', 'onProgress', onProgress, '(done, total) => {}');
  const [a, b] = [weightsA, namedAs('errorAlongPath', weightsA, weightsB)].map(cloned);
  try {
    const alphas = alphasOf('errorAlongPath', options.alphas);
    const points = alphas.includes(0.5) ? alphas : [...alphas, 0.5];
    const readers = mapValues(data, (batches, split) => splitReader(split, batches, options));
    /** Means by split and measure, at each point. */
    const measured: Path['atMean'][] = [];
    await withWeightsRestored(variables, async () => {
      for (const alpha of points) {
        const weights = interpolate(a, b, alpha);
        try {
          loadWeights(variables, weights);
        } finally {
          dispose(weights);
        }
        const means: [string, Record<string, number>][] = [];
        for (const [split, read] of Object.entries(readers)) means.push([split, await read(alpha)]);
        measured.push(Object.fromEntries(means));
        signal?.throwIfAborted();
        onProgress?.(measured.length, points.length);
      }
    });
    const atMean = measured[points.indexOf(0.5)];
    const values = mapValues(atMean, (means, split) =>
      mapValues(means, (_, name) => alphas.map((_, i) => measured[i][split][name])),
    );
    const barriers = mapValues(values, (measures) => mapValues(measures, barrier));
    return { alphas, values, barriers, atMean, distance: await readDistance(a, b) };
  } finally {
    dispose([a, b]);
  }
}

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  f: (value: T, name: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
