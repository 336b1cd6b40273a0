import { util } from '@tensorflow/tfjs-core';

/**
 * How fast each pair of a rotary embedding turns, in radians per position.
 *
 *     fᵢ = base^(−2i / dim)          i = 0 … dim/2 − 1
 *
 * Scale them for models with a longer context, and pass them as `frequencies`.
 *
 * @param dim How many entries are rotated, an even number.
 * @param base The model's `rope_theta`. Default 10000.
 * @throws If `dim` is odd or `base` not positive.
 */
export function rotaryFrequencies(dim: number, base = 10_000): number[] {
  util.assert(
    Number.isInteger(dim) && dim > 0 && dim % 2 === 0,
    () =>
      `rotaryFrequencies: dim is ${dim}, expected an even number > 0. To rotate part of a vector, ` +
      `pass the frequencies of that part.`,
  );
  util.assert(
    base > 0 && Number.isFinite(base),
    () =>
      `rotaryFrequencies: base is ${base}, expected a number > 0. Use the model's rope_theta, typically 10000.`,
  );
  return Array.from({ length: dim / 2 }, (_, i) => base ** ((-2 * i) / dim));
}
