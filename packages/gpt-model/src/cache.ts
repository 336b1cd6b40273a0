import { dispose, gather, keep, slice, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { KeysAndValues } from './attention.js';
import type { ResolvedConfig } from './config.js';

/**
 * What a model has read so far: keys and values of every layer, so that the next token costs one position and
 * not all of them. Made by `model.cache()`; pass it to each `forward`, dispose it at the end.
 *
 * It holds 2 · layers · kvHeads · headDim numbers per position. Layers with a sliding window forget what no
 * later query can see.
 */
export class KeyValueCache {
  private perLayer: KeysAndValues[] = [];
  private count = 0;
  private batch = 0;

  constructor(private readonly config: ResolvedConfig) {}

  /** How many positions have been read. */
  get length(): number {
    return this.count;
  }

  /** Keys and values of a layer; nothing before the first pass. */
  layer(index: number): KeysAndValues | undefined {
    return this.perLayer[index];
  }

  /** @throws If tokens of this shape cannot follow what was read. */
  checkNext(batch: number, time: number): void {
    const { contextLength } = this.config;
    if (this.count > 0 && batch !== this.batch) {
      throw new Error(
        `GPT.forward: tokens have a batch of ${batch} and the cache one of ${this.batch}, expected the same. ` +
          `Use one cache per batch, or reset() it.`,
      );
    }
    if (this.count + time > contextLength) {
      throw new Error(
        `GPT.forward: ${this.count} tokens in the cache and ${time} more came, expected at most contextLength, ` +
          `${contextLength}. Reset the cache and pass the last tokens again, or use generate(), which does so.`,
      );
    }
  }

  /** Takes over what a pass has seen. */
  update(layers: readonly KeysAndValues[], batch: number, time: number): void {
    const kept = layers.map((seen, layer) => tidy(() => this.stillVisible(seen, layer)));
    for (const { k, v } of kept) {
      keep(k);
      keep(v);
    }
    this.free();
    this.perLayer = kept;
    this.batch = batch;
    this.count += time;
  }

  /** Keeps these rows of the batch, in this order; one may occur several times. */
  selectRows(rows: readonly number[]): void {
    const kept = this.perLayer.map(({ k, v }) =>
      tidy(() => {
        const ids = tensor1d([...rows], 'int32');
        return { k: gather(k, ids), v: gather(v, ids) };
      }),
    );
    this.free();
    for (const { k, v } of kept) {
      keep(k);
      keep(v);
    }
    this.perLayer = kept;
    this.batch = rows.length;
  }

  /** Forgets everything; the cache can be used again. */
  reset(): void {
    this.free();
    this.perLayer = [];
    this.count = 0;
  }

  /** Frees the tensors. */
  dispose(): void {
    this.reset();
  }

  /** The last `window − 1` positions if the layer has a window: with its own, a query sees `window`. */
  private stillVisible({ k, v }: KeysAndValues, layer: number): KeysAndValues {
    const { slidingWindow = Infinity, slidingWindowFrom } = this.config;
    const time = k.shape[2]!;
    const needed = layer >= slidingWindowFrom ? Math.max(1, slidingWindow - 1) : Infinity;
    const last = (x: Tensor) => (needed < time ? slice(x, [0, 0, time - needed, 0]) : x.clone());
    return { k: last(k), v: last(v) };
  }

  private free(): void {
    for (const { k, v } of this.perLayer) dispose([k, v]);
  }
}
