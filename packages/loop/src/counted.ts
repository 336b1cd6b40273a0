import { cast, div, equal, mean, type Scalar, sum, Tensor, tidy, where } from '@tensorflow/tfjs-core';

/**
 * Over how much a mean goes, such as the labels that are not ignored: a number, or a scalar that is read only where
 * metrics are. Undefined where nobody says.
 */
export type Count = number | Tensor | undefined;

/** A sum of losses and over how much it goes: what a loss may return in the place of its mean. */
export interface SumAndCount {
  readonly sum: Tensor;
  /** ≥ 0. Where it is 0, the mean is 0 too. */
  readonly count: number | Tensor;
}

/** A mean that says over how much it goes. */
export type Counted = {
  readonly mean: Scalar;
  readonly count: Count;
};

/**
 * Where a tensor carries its count. The losses of `@evenkeel/stablemax` put it there, under the same key, without
 * importing this package.
 */
const COUNT = Symbol.for('evenkeel.count');

type Tagged = Tensor & { [COUNT]?: () => number | Tensor };

/**
 * Says over how much a mean goes, so that means of several batches can be averaged with the right weights.
 *
 *     const loss = (targets, logits) => {
 *       const own = sparseSoftmaxCrossEntropy(targets, logits, { ignoreIndex: -100 });
 *       return counted(tf.add(own, penalty()), own); // tf.add makes a tensor that does not know its count
 *     };
 *
 * @param mean Any tensor; it is marked and returned.
 * @param count ≥ 0, as a number, a scalar, or a function that is called where somebody asks; or a tensor that says its
 *   count already, such as the loss that `mean` is made of.
 */
export function counted<T extends Tensor>(mean: T, count: number | Tensor | (() => number | Tensor)): T {
  const inherited = count instanceof Tensor ? (count as Tagged)[COUNT] : undefined;
  (mean as Tagged)[COUNT] = inherited ?? (typeof count === 'function' ? count : () => count);
  return mean;
}

/**
 * Reads what a loss or a metric returned: a sum with its count, a tensor that says its count, one value per example, or
 * a plain mean. Call it where the value was computed, since a count may be computed from the same tensors.
 *
 * @throws If it is something else.
 */
export function countedOf(value: unknown): Counted {
  if (value instanceof Tensor) {
    const count = (value as Tagged)[COUNT]?.();
    if (value.rank === 0) return { mean: value as Scalar, count };
    // The mean of nothing would be NaN.
    return {
      mean: value.size > 0 ? mean<Scalar>(value) : sum<Scalar>(value),
      count: count ?? value.size,
    };
  }
  if (isSumAndCount(value)) {
    const { count } = value;
    return { mean: tidy(() => div<Scalar>(sum(value.sum), divisorOf(count))), count };
  }
  throw new Error(
    `train: a loss or metric gave ${value === null ? 'null' : typeof value}, expected a tensor or { sum, count }. Return a ` +
      'scalar, one number per example, or { sum: tf.sum(losses), count: losses.size }.',
  );
}

/** The count to divide a sum by. It is 1 in the place of 0: the sum of nothing is 0, and its mean is 0 then. */
export function divisorOf(count: number | Tensor): number | Tensor {
  if (typeof count === 'number') return count === 0 ? 1 : count;
  const number = cast(sum(count), 'float32');
  return where(equal(number, 0), 1, number);
}

function isSumAndCount(value: unknown): value is SumAndCount {
  const { sum, count } = (value ?? {}) as Partial<SumAndCount>;
  return sum instanceof Tensor && (count instanceof Tensor || (typeof count === 'number' && count >= 0));
}
