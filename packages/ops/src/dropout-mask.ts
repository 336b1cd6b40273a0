import { type Tensor, tensor, util } from '@tensorflow/tfjs-core';

/** 2³² divided by the golden ratio, which spreads consecutive numbers evenly. */
const SPREAD = 0x9e3779b9;

/**
 * A hash of an index and a seed, spread evenly over 0 … 2³² − 1. The same on every backend, and in
 * every kernel.
 *
 *     h = (n · 2654435769) xor mix(seed xor 2654435769)          modulo 2³²
 *     dropoutHash = mix(h)                        mix: MurmurHash3's final mixer
 */
export function dropoutHash(n: number, seed: number): number {
  return mix(Math.imul(n, SPREAD) ^ mix(seed ^ SPREAD));
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * 0 with probability `rate` and 1 / (1 − rate) otherwise, from a seed: entry n is 0 if
 * `dropoutHash(n, seed) < ⌊rate · 2³²⌋`.
 */
export function dropoutMask(shape: number[], rate: number, seed: number): Tensor {
  const threshold = Math.floor(rate * 2 ** 32);
  const kept = 1 / (1 - rate);
  const key = mix(seed ^ SPREAD);
  const mask = new Float32Array(util.sizeFromShape(shape));
  for (let n = 0; n < mask.length; n++) mask[n] = mix(Math.imul(n, SPREAD) ^ key) < threshold ? 0 : kept;
  return tensor(mask, shape);
}
