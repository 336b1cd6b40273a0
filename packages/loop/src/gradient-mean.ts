import { clone, div, greater, mul, Tensor, where, zerosLike } from '@tensorflow/tfjs-core';
import { divisorOf } from './counted.js';
import { addGradients, disposeGradients, type Gradients, mapGradients, tidyGradients } from './gradients.js';

/**
 * The mean of losses and gradients over several batches, added up as they come.
 *
 *     g = Σ countᵢ gᵢ / Σ countᵢ
 *
 * It is that of all batches in one, however they are cut. Batches that do not say their count weigh the same. A batch of
 * count 0 adds nothing, whatever its mean is. The mean of a single batch is that batch, bit for bit.
 */
export class GradientMean {
  private first: Gradients | undefined;
  /** From the second batch on: the sum of what each batch gave, times its weight. */
  private sum: Gradients | undefined;
  private batches = 0;

  /**
   * Adds those of one batch, and owns them from then on.
   *
   * @throws If only some of the batches say their count.
   */
  add(next: Gradients): void {
    this.batches += 1;
    const { first, sum } = this;
    if (!first) {
      this.first = next;
      return;
    }
    try {
      if ((first.count === undefined) !== (next.count === undefined)) {
        throw new Error(
          'train: the loss says its count in some batches of a step and not in others, expected one or the other. ' +
            'Return { sum, count } in all.',
        );
      }
      this.sum = tidyGradients(() => addGradients(sum ?? this.weighted(first), this.weighted(next)));
      if (sum) disposeGradients(sum);
    } finally {
      disposeGradients(next);
    }
  }

  /** Hands over the mean; undefined if nothing was added. */
  take(): Gradients | undefined {
    const { first, sum, batches } = this;
    if (!sum) {
      this.first = undefined;
      return first;
    }
    const mean = tidyGradients(() => {
      const divisor = divisorOf(sum.count === undefined ? batches : this.weightOf(sum.count));
      const divided = <T extends Tensor>(x: T): T =>
        typeof divisor === 'number' ? mul<T>(x, 1 / divisor) : div<T>(x, divisor);
      return {
        ...mapGradients(sum, divided),
        count: sum.count instanceof Tensor ? clone(sum.count) : sum.count,
      };
    });
    this.dispose();
    return mean;
  }

  dispose(): void {
    for (const each of [this.first, this.sum]) if (each) disposeGradients(each);
    this.first = this.sum = undefined;
  }

  /** The count that weighs 1: that of the first batch, so that batches of one size are added up as they are. */
  private get unit(): number {
    const count = this.first?.count;
    return typeof count === 'number' && count > 0 ? count : 1;
  }

  private weightOf(count: number | Tensor): number | Tensor {
    return typeof count === 'number' ? count / this.unit : div(count, this.unit);
  }

  /** Loss and gradients of a batch times its weight. */
  private weighted(batch: Gradients): Gradients {
    const weight = batch.count === undefined ? 1 : this.weightOf(batch.count);
    if (weight === 1) return batch;
    if (weight === 0) return mapGradients(batch, zerosLike);
    // The mean of nothing may be NaN, which no factor makes 0.
    const counts = typeof weight === 'number' ? undefined : greater(weight, 0);
    return mapGradients(batch, (x) => {
      const product = mul<typeof x>(x, weight);
      return counts ? where(counts, product, zerosLike(x)) : product;
    });
  }
}
