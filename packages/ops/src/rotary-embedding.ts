import { neg, type Tensor, tensor2d, util } from '@tensorflow/tfjs-core';
import { checkOptions } from './check-options.js';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { type RotaryLayout, rotate } from './rotary-definition.js';
import { rotaryFrequencies } from './rotary-frequencies.js';
import { withGradient } from './with-gradient.js';

export interface RotaryEmbeddingOptions {
  /** The model's `rope_theta`. Default 10000. */
  base?: number;
  /** Radians per position of each pair, in the place of `base`. Entries beyond the pairs stay as they are. */
  frequencies?: ArrayLike<number>;
  /** Position of the first vector, as with a key–value cache. Default 0. */
  offset?: number;
  /** Position of each vector, in the place of `offset`. */
  positions?: ArrayLike<number>;
  /** Which entries are pairs: 'half' (i, i + dim/2) as Llama's files on the hub, 'interleaved' (2i, 2i + 1). */
  layout?: RotaryLayout;
}

/**
 * Turns the pairs of a vector by angles that grow with its position, so that the product of a query and
 * a key depends only on how far apart they are. (RoPE)
 *
 *     (a, b) → (a cos t fᵢ − b sin t fᵢ,  b cos t fᵢ + a sin t fᵢ)          pair i at position t
 *
 * An isometry: lengths stay, and the gradient is turned back by the same angles. Angles are computed in
 * float64, so that far positions are exact.
 *
 * @param x Queries or keys, shape `[..., time, dim]`, float32.
 * @returns The shape of `x`.
 * @throws If shape, dtype or options do not fit.
 * @see Su et al., "RoFormer", 2021. https://arxiv.org/abs/2104.09864
 */
export function rotaryEmbedding(x: Tensor, options: RotaryEmbeddingOptions = {}): Tensor {
  requireFloat('rotaryEmbedding', { x });
  util.assert(
    x.rank >= 2,
    () => `rotaryEmbedding: x has shape [${x.shape}], expected [..., time, dim]. Add an axis for time.`,
  );
  checkOptions('rotaryEmbedding', options, OPTIONS);
  const { layout = 'half' } = options;
  util.assert(
    layout === 'half' || layout === 'interleaved',
    () =>
      `rotaryEmbedding: layout is '${layout}', expected 'half' or 'interleaved'. Checkpoints on the hub have 'half'.`,
  );
  const frequencies = frequenciesFrom(options, x);
  const positions = positionsFrom(options, x);
  if (x.size === 0) return overNothing([x], x.shape);
  const turn = (x: Tensor, cos: Tensor, sin: Tensor) =>
    layout === 'half' && 2 * frequencies.length === x.shape[x.rank - 1]
      ? kernelOr(KERNELS.rotaryEmbedding, { x, cos, sin }, { layout }, () => rotate(x, cos, sin, layout))
      : rotate(x, cos, sin, layout);
  const table = (f: (angle: number) => number) =>
    tensor2d(Float32Array.from(positions.flatMap((t) => frequencies.map((frequency) => f(t * frequency)))), [
      positions.length,
      frequencies.length,
    ]);
  return withGradient(
    [x],
    () => {
      const [cos, sin] = [table(Math.cos), table(Math.sin)];
      return { value: turn(x, cos, sin), save: [cos, sin] };
    },
    (dy, [cos, sin]) => [turn(dy, cos, neg(sin))],
  );
}

function frequenciesFrom({ base, frequencies }: RotaryEmbeddingOptions, x: Tensor): number[] {
  const dim = x.shape[x.rank - 1];
  util.assert(
    base === undefined || frequencies === undefined,
    () => `rotaryEmbedding: both base and frequencies came, expected one. Leave out base.`,
  );
  util.assert(
    frequencies !== undefined || (dim > 0 && dim % 2 === 0),
    () =>
      `rotaryEmbedding: x has shape [${x.shape}], expected an even last axis, 2 or more. Pass frequencies for a part of it.`,
  );
  const list = frequencies ? Array.from(frequencies) : rotaryFrequencies(dim, base);
  util.assert(
    list.length > 0 && 2 * list.length <= dim && list.every(Number.isFinite),
    () =>
      `rotaryEmbedding: ${list.length} frequencies came for x of shape [${x.shape}], expected 1 to ` +
      `${Math.floor(dim / 2)} finite numbers. Pass one per pair.`,
  );
  return list;
}

function positionsFrom({ offset, positions }: RotaryEmbeddingOptions, x: Tensor): number[] {
  const time = x.shape[x.rank - 2];
  util.assert(
    offset === undefined || positions === undefined,
    () => `rotaryEmbedding: both offset and positions came, expected one. Leave out offset.`,
  );
  const list = positions ? Array.from(positions) : Array.from({ length: time }, (_, t) => t + (offset ?? 0));
  util.assert(
    list.length === time && list.every(Number.isFinite),
    () =>
      `rotaryEmbedding: the positions are [${list.slice(0, 4)}…], ${list.length} for x of shape [${x.shape}], ` +
      `expected ${time} finite numbers. Pass one per step of time.`,
  );
  return list;
}

const OPTIONS: Record<keyof RotaryEmbeddingOptions, true> = {
  base: true,
  frequencies: true,
  offset: true,
  positions: true,
  layout: true,
};
