import { matMul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Weights } from '../check-weights.js';
import { linearSumAssignment } from './linear-sum-assignment.js';
import type { Permutation, Slice, Symmetry } from './symmetry.js';
import { unitRows } from './units.js';

/** How alike the units of two models are: [units, units] inner products, and those of the units within. */
export interface Similarity {
  readonly units: Float64Array;
  readonly within?: Float64Array;
}

/** The similarity of all units by what the slices of a symmetry hold. Read back, summed in float64. */
export async function similarityOf(
  where: string,
  a: Weights,
  b: Weights,
  symmetry: Pick<Symmetry, 'units' | 'slices' | 'within'>,
): Promise<Similarity> {
  const { units, slices, within } = symmetry;
  return {
    units: await innerProducts(where, a, b, slices, units),
    ...(within ? { within: await innerProducts(where, a, b, within.slices, units * within.units) } : {}),
  };
}

async function innerProducts(
  where: string,
  a: Weights,
  b: Weights,
  slices: readonly Slice[],
  units: number,
): Promise<Float64Array> {
  const total = new Float64Array(units * units);
  for (const part of slices) {
    const product = tidy(() =>
      matMul<Tensor>(unitRows(where, a, part, units), unitRows(where, b, part, units), false, true),
    );
    const values = await product.data();
    product.dispose();
    for (let i = 0; i < total.length; i++) total[i] += values[i];
  }
  return total;
}

/** The permutation of the largest similarity, what it gains over none, and its similarity. */
export function bestPermutation(
  similarity: Similarity,
  { units, within }: Pick<Symmetry, 'units' | 'within'>,
): { permutation: Permutation; gain: number } {
  if (!within) {
    const order = linearSumAssignment(similarity.units, units);
    return { permutation: { units: order }, gain: gainOf(similarity.units, order) };
  }
  // A pair of units is as alike as the best order of what is inside makes it.
  const scores = Float64Array.from(similarity.units);
  const orders = Array.from(scores, (_, k) => {
    const block = blockOf(similarity.within!, Math.floor(k / units), k % units, units, within.units);
    const order = linearSumAssignment(block, within.units);
    scores[k] += sumAlong(block, order);
    return order;
  });
  const stay = diagonalSum(similarity.units, units) + diagonalSum(similarity.within!, units * within.units);
  const order = linearSumAssignment(scores, units);
  return {
    permutation: { units: order, within: order.map((j, i) => orders[i * units + j]) },
    gain: sumAlong(scores, order) - stay,
  };
}

const sumAlong = (scores: ArrayLike<number>, order: readonly number[]): number =>
  order.reduce((sum, j, i) => sum + scores[i * order.length + j], 0);

const diagonalSum = (scores: ArrayLike<number>, n: number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += scores[i * n + i];
  return sum;
};

/** What an order gains. Exactly 0 if it changes nothing. */
const gainOf = (scores: ArrayLike<number>, order: readonly number[]): number =>
  order.reduce((sum, j, i) => sum + (scores[i * order.length + j] - scores[i * order.length + i]), 0);

/** Of all pairs of units within, those inside of unit i and unit j. */
function blockOf(scores: Float64Array, i: number, j: number, units: number, inner: number): Float64Array {
  const all = units * inner;
  return Float64Array.from(
    { length: inner * inner },
    (_, k) => scores[(i * inner + Math.floor(k / inner)) * all + j * inner + (k % inner)],
  );
}
