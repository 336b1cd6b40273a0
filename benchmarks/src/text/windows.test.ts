import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { SeededWindows, windowsAt } from './windows.js';

const TOKENS = Array.from({ length: 100 }, (_, i) => i);
const rows = (tensor: tf.Tensor) => tensor.arraySync() as number[][];

it('windows are the tokens from a place on, and the ones after each', () => {
  const { inputs, targets } = windowsAt(TOKENS, [3, 90], 4);
  expect([inputs.dtype, rows(inputs), rows(targets)]).toEqual([
    'int32',
    [
      [3, 4, 5, 6],
      [90, 91, 92, 93],
    ],
    [
      [4, 5, 6, 7],
      [91, 92, 93, 94],
    ],
  ]);
  tf.dispose([inputs, targets]);
});

it('the order hangs on seed and step alone', () => {
  const draw = (seed: number, from: number) => {
    const windows = new SeededWindows(TOKENS, { length: 5, batchSize: 8, seed });
    windows.restore(from);
    const { inputs, targets } = windows.batch();
    const places = rows(inputs).map(([first]) => first);
    tf.dispose([inputs, targets]);
    expect(windows.state()).toBe(from + 1);
    return places;
  };
  expect(draw(1, 7)).toEqual(draw(1, 7));
  expect(draw(1, 7)).not.toEqual(draw(1, 8));
  expect(draw(1, 7)).not.toEqual(draw(2, 7));
  const many = Array.from({ length: 200 }, (_, step) => draw(3, step)).flat();
  expect(Math.min(...many)).toBe(0);
  expect(Math.max(...many)).toBe(93);
});
