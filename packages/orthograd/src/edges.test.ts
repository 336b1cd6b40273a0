import { describeEdges, expectClose, optimizerOf } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import * as exports from './index.js';

const { orthograd } = exports;

/** ⊥Grad in float64. */
function exactly(w: readonly number[], g: readonly number[], rescale: boolean): number[] {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const share = dot(w, g) / dot(w, w);
  const t = g.map((x, i) => x - share * w[i]);
  const scale = rescale ? Math.sqrt(dot(g, g) / dot(t, t)) : 1;
  return t.map((x) => x * scale);
}

describeEdges(exports, {
  orthograd() {
    expect(() => orthograd({ foo: 1 } as never)).toThrow(
      "orthograd: option 'foo' is unknown, expected one of 'rescale'.",
    );
    const nothing = tf.variable(tf.zeros([0, 4]), true, 'nothing');
    const optimizer = optimizerOf(orthograd());
    optimizer.applyGradients([{ name: 'nothing', tensor: tf.zeros([0, 4]) }]);
    optimizer.applyGradients([]);
    expect(nothing.shape).toEqual([0, 4]);

    // Nearly parallel: what is left is 10⁻⁴ of the gradient, and rescaling multiplies by 10⁴ what may be near 10³⁸.
    const [direction, aside] = [
      [0.6, 0.8],
      [-0.8e-4, 0.6e-4],
    ];
    for (const rescale of [true, false]) {
      for (const gSize of [1e-38, 1e-30, 1, 1e30, 1e33, 1e35, 3e38]) {
        for (const wSize of [1e-30, 1, 1e30, 3e38]) {
          const g = direction.map((x, i) => Math.fround(gSize * (x + aside[i])));
          const w = direction.map((x) => Math.fround(wSize * x));
          const param = tf.variable(tf.tensor1d(w), true, 'w');
          const { updates } = orthograd({ rescale }).update(
            { w: tf.tensor1d(g) },
            {},
            { count: 0, params: { w: param } },
          );
          // Divided in float64, where numbers beside their largest do not vanish.
          expectClose(
            Array.from(updates.w.dataSync(), (x) => x / gSize),
            exactly(
              w.map((x) => x / wSize),
              g.map((x) => x / gSize),
              rescale,
            ),
            { rtol: 5e-3, atol: 1e-6 },
          );
          param.dispose();
        }
      }
    }
  },
});
