import * as tf from '@tensorflow/tfjs';

/** A batch of next-token prediction. */
export interface Window {
  inputs: tf.Tensor2D;
  targets: tf.Tensor2D;
}

/** Rows of `length` tokens from the given places, and the tokens after each. */
export function windowsAt(tokens: ArrayLike<number>, places: readonly number[], length: number): Window {
  const rows = (shift: number) =>
    tf.tensor2d(
      Int32Array.from(
        { length: places.length * length },
        (_, i) => tokens[places[Math.floor(i / length)] + (i % length) + shift],
      ),
      [places.length, length],
      'int32',
    );
  return { inputs: rows(0), targets: rows(1) };
}

/** Batches whose order hangs on a seed and the step alone, so that twins can part at any step. */
export class SeededWindows {
  private step = 0;

  constructor(
    private readonly tokens: ArrayLike<number>,
    private readonly options: { length: number; batchSize: number; seed: number },
  ) {}

  batch(): Window {
    const { length, batchSize, seed } = this.options;
    const room = this.tokens.length - length - 1;
    const places = Array.from({ length: batchSize }, (_, row) =>
      Math.floor((room * hash(seed, this.step, row)) / 2 ** 32),
    );
    this.step++;
    return windowsAt(this.tokens, places, length);
  }

  state(): number {
    return this.step;
  }

  restore(step: number): void {
    this.step = step;
  }
}

/** A number from 0 to 2³² − 1 from three, each of whose bits hangs on all of theirs (murmur3). */
function hash(...numbers: number[]): number {
  let h = 0;
  for (const number of numbers) {
    let k = Math.imul(number, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = Math.imul(h, 5) + 0xe6546b64;
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
