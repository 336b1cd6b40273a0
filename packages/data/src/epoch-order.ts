import { randomSource, shuffledIndices } from './random.js';

/**
 * Every row once an epoch, in an order that seed and epoch decide. Any place in any epoch is reached at once, so that a
 * position is one number.
 */
export class EpochOrder {
  private epoch = -1;
  private order: ArrayLike<number> = [];

  constructor(
    private readonly size: number,
    private readonly seed: number,
  ) {}

  /** The row that is drawn as number `n`, from 0. */
  rowAt(n: number): number {
    const epoch = Math.floor(n / this.size);
    if (this.epoch !== epoch) {
      this.epoch = epoch;
      this.order = shuffledIndices(this.size, randomSource(epochSeed(this.seed, epoch)));
    }
    return this.order[n % this.size];
  }
}

/** Another seed for each epoch, without a common pattern: both are stirred, so that seed 1 is not seed 0 an epoch later. */
function epochSeed(seed: number, epoch: number): number {
  const high = Math.floor(epoch / 2 ** 32);
  return stir(stir(stir(seed) ^ (epoch >>> 0)) ^ high) >>> 0;
}

/** Spreads every bit over all 32. (MurmurHash3's finalizer, by Austin Appleby) */
function stir(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
