import {
  broadcast_util,
  Equal,
  Greater,
  GreaterEqual,
  Less,
  LessEqual,
  Maximum,
  Minimum,
  NotEqual,
  util,
} from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { broadcastStrides, mergeAxes, writeAxes } from './axes.js';

/** Operations of two float32 tensors, in the order of the numbers in assembly/binary.ts. */
const OPERATIONS = [Maximum, Minimum, Greater, GreaterEqual, Less, LessEqual, Equal, NotEqual];

/** Extremes (float32) and comparisons (bool), with broadcasting. */
export const binaryKernels: Kernel[] = OPERATIONS.map((name, number) => ({
  name,
  attrs: [],
  run(call) {
    const { inputs, backend, functions, offset, stock } = call;
    const { a, b } = inputs;
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
    const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const out = backend.makeOutput(shape, name === Maximum || name === Minimum ? 'float32' : 'bool');
    if (util.sizeFromShape(shape) === 0) return out;

    const [aSteps, bSteps] = [a, b].map((t) => broadcastStrides(t.shape, shape.length));
    const axes = mergeAxes(shape.map((size, axis) => ({ size, steps: [aSteps[axis], bSteps[axis]] })));
    const [sizes, aTable, bTable] = writeAxes(call, axes, [4, 4]);
    functions.binary(number, offset(a), offset(b), offset(out), axes.length, sizes, aTable, bTable);
    return out;
  },
}));
