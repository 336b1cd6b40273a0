import type { backend_util } from '@tensorflow/tfjs-core';
import type { Call } from '../kernel.js';

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Bytes of the table that {@link writeWindows} writes. */
export const WINDOWS_BYTES = 64;

/**
 * Writes where the windows of a convolution or pool lie, as assembly/windows.ts reads it.
 *
 * @param at Where to.
 * @param dyShape [batch, outHeight, outWidth, …]: tfjs's gradients drop the `dimRoundingMode` that
 *   decides over the last two.
 * @returns `at`.
 */
export function writeWindows(
  { backend }: Call,
  at: number,
  info: Conv2DInfo,
  [batch, outHeight, outWidth]: number[],
): number {
  new Int32Array(backend.wasm.HEAPU8.buffer, at, WINDOWS_BYTES / 4).set([
    ...[batch, info.inHeight, info.inWidth, info.inChannels, outHeight, outWidth],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  ]);
  return at;
}
