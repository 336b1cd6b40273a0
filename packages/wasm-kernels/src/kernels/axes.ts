import type { Call } from '../kernel.js';

/** An axis of an operation over strided tensors: its size, and the step of each tensor along it. */
export interface Axis {
  size: number;
  steps: number[];
}

/** Elements from one index of each axis to the next, for a contiguous tensor. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; stride *= shape[axis--]) result[axis] = stride;
  return result;
}

/** Strides of a tensor that broadcasts to `rank` axes: 0 where it is repeated. */
export function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const own = strides(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...own];
}

/**
 * The same operation with as few axes as possible: without those of size 1, and with neighbours
 * joined that all tensors walk through in one go. At least one axis remains.
 */
export function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const last = merged[merged.length - 1];
    if (last?.steps.every((step, i) => step === axis.steps[i] * axis.size)) {
      merged[merged.length - 1] = { size: last.size * axis.size, steps: axis.steps };
    } else {
      merged.push(axis);
    }
  }
  if (merged.length > 0) return merged;
  return [{ size: 1, steps: axes[axes.length - 1]?.steps ?? [0, 0, 0] }];
}

/**
 * Writes axes to scratch memory as the assembly reads them: sizes, then the steps of each tensor,
 * the last axis first.
 *
 * @param bytes Bytes of an element of each tensor.
 * @returns Offsets: of the sizes, then of each tensor's steps.
 */
export function writeAxes({ scratch, backend }: Call, axes: readonly Axis[], bytes: number[]): number[] {
  const rank = axes.length;
  const table = new Int32Array(backend.wasm.HEAPU8.buffer, scratch, rank * (1 + bytes.length));
  axes.forEach(({ size, steps }, i) => {
    const at = rank - 1 - i;
    table[at] = size;
    bytes.forEach((b, tensor) => {
      table[rank * (tensor + 1) + at] = steps[tensor] * b;
    });
  });
  return [0, ...bytes].map((_, row) => scratch + row * rank * 4);
}
