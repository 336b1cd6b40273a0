import type { NamedTensor } from './state.js';

/**
 * Splits what `getWeights()` returned into the step count, which always comes first, and the rest.
 *
 * @throws If the first entry is not a step count.
 */
export async function splitIterations(
  weights: readonly NamedTensor[],
): Promise<{ iterations: number; rest: NamedTensor[] }> {
  const [first, ...rest] = weights;
  const iterations = first?.tensor?.size === 1 ? (await first.tensor.data())[0] : Number.NaN;
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new Error(
      `setWeights: the first weight is ${first ? `'${first.name}'` : 'missing'}, expected the step count 'iter'. ` +
        `Pass what getWeights() of the same optimizer returned, in its order.`,
    );
  }
  return { iterations, rest };
}
