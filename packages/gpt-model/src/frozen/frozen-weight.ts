import { constant } from '@evenkeel/ops';
import type { StoredTensor } from '@evenkeel/safetensors';
import { type Tensor, tensor, tidy, transpose } from '@tensorflow/tfjs-core';

/**
 * A parameter that is not trained and stays as it is published, outside of tfjs's memory: in its file, or in a buffer. It is
 * widened to float32 when a pass needs it, exactly.
 */
export class FrozenWeight {
  private isChecked = false;

  /**
   * @param name In its file, for errors.
   * @param shape As a parameter. A head that is to be larger by one output has one row less in its file: it is 0.
   * @param isTransposed Whether the file holds the matrix the other way round.
   */
  constructor(
    private readonly name: string,
    readonly shape: readonly number[],
    private readonly stored: StoredTensor,
    private readonly isTransposed: boolean,
  ) {}

  /** All of it. The caller disposes it. */
  widen(): Tensor {
    if (!this.isTransposed && this.shape.length === 2) return this.rows(0, this.shape[0]);
    const numbers = this.numbers(0, this.stored.size);
    this.isChecked = true;
    const shape = [...this.stored.shape];
    if (!this.isTransposed) return constant(tensor(numbers, shape, 'float32'));
    return constant(tidy(() => transpose(tensor(numbers, shape, 'float32'))));
  }

  /** `count` rows from row `begin` on. */
  rows(begin: number, count: number): Tensor {
    const width = this.shape[1];
    const [first, last] = [begin * width, Math.min((begin + count) * width, this.stored.size)];
    const there = this.numbers(first, Math.max(0, last - first));
    if (begin === 0 && count === this.shape[0]) this.isChecked = true;
    let numbers = there;
    if (there.length < count * width) {
      numbers = new Float32Array(count * width);
      numbers.set(there);
    }
    return constant(tensor(numbers, [count, width], 'float32'));
  }

  /** A row for each id, `[ids, width]`. @throws If an id is out of range. */
  gather(ids: ArrayLike<number>): Tensor {
    const [rows, width] = this.shape;
    const numbers = new Float32Array(ids.length * width);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (!(id >= 0 && id < rows)) {
        throw new Error(
          `GPT.embed: tokens contain ${id}, expected 0 to ${rows - 1}. Check that tokenizer and model have the same vocabulary.`,
        );
      }
      if (id * width < this.stored.size) numbers.set(this.numbers(id * width, width), i * width);
    }
    return constant(tensor(numbers, [ids.length, width], 'float32'));
  }

  /** @throws If one is not finite, as far as it was not read before. */
  private numbers(begin: number, count: number): Float32Array {
    const read = this.stored.read(begin, count) as Float32Array | Float64Array;
    const numbers = read instanceof Float32Array ? read : Float32Array.from(read);
    if (this.isChecked) return numbers;
    for (let i = 0; i < numbers.length; i++) {
      if (Number.isFinite(numbers[i])) continue;
      throw new Error(
        `GPT: ${this.name} holds ${numbers[i]} at entry ${begin + i}, expected finite numbers. Download it again.`,
      );
    }
    return numbers;
  }
}
