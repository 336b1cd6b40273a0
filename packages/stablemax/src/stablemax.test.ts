import { logStablemax, sparseStablemaxCrossEntropy, stablemax } from '@evenkeel/stablemax';
import {
  describeOnBackends,
  expectClose,
  expectGradientMatchesDifferences,
  type GoldenTensor,
  goldenCases,
} from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import paper from '../fixtures/a1_stablemax_prieto.json' with { type: 'json' };
import popularised from '../fixtures/a2_stablemax_cognitivecomputations.json' with { type: 'json' };
import { s } from './s.js';

interface Inputs {
  x: GoldenTensor;
  logits: GoldenTensor;
  labels?: GoldenTensor;
}
type Expected = Record<
  's' | 'ds_dx' | 'probs' | 'log_stablemax' | 'loss_none' | 'grad_logits' | 'log_probs',
  GoldenTensor
> &
  Record<'loss_mean' | 'nll_loss_mean', number>;

const [grid, ...paperCases] = goldenCases<Inputs, object, Expected>(paper);
const popularisedCases = goldenCases<Inputs, { clamp_min: number; dim: number; eps_sum: number }, Expected>(
  popularised,
);

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');
const toLabels = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'int32');

const logits = (limit: number) =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 })).chain(([rows, classes]) =>
    fc.array(
      fc.array(
        fc.integer({ min: -100 * limit, max: 100 * limit }).map((n) => n / 100),
        { minLength: classes, maxLength: classes },
      ),
      {
        minLength: rows,
        maxLength: rows,
      },
    ),
  );

describeOnBackends('s', () => {
  it('and its slope match the reference', () => {
    const x = toTensor(grid.inputs.x);
    expectClose(s(x), grid.expected.s.data, grid.tolerance('s'));
    // At −1e30 the slope, 1e-60, is zero in float32.
    expectClose(tf.grad(s)(x), grid.expected.ds_dx.data.map(Math.fround), grid.tolerance('ds_dx'));
  });

  it('has slope 1 at zero and at one, and no NaN at ±1e30', () => {
    expectClose(tf.grad(s)(tf.tensor1d([0, -0, 1, 1e30, -1e30])), [1, 1, 1, 1, 0], 0);
  });
});

describeOnBackends('stablemax', () => {
  it.each(paperCases)('matches the code of the paper: $name', ({ inputs, expected, tolerance }) => {
    const x = toTensor(inputs.logits);
    expectClose(stablemax(x), expected.probs.data, { rtol: 1e-5, atol: 1e-30 });
    expectClose(logStablemax(x), expected.log_stablemax.data, tolerance('log_stablemax'));
  });

  it.each(popularisedCases)('matches the popular trainer with its guards: $name', (testCase) => {
    const { inputs, hyper, expected, tolerance } = testCase;
    const options = { clampMin: hyper.clamp_min, epsilon: hyper.eps_sum };
    const x = toTensor(inputs.logits);
    expectClose(stablemax(x, hyper.dim, options), expected.probs.data, tolerance('probs'));
    expectClose(logStablemax(x, hyper.dim, options), expected.log_probs.data, tolerance('log_probs'));
    if (!inputs.labels) return;

    const labels = toLabels(inputs.labels);
    const { value, grad } = tf.valueAndGrad((x) => sparseStablemaxCrossEntropy(labels, x, options))(x);
    expectClose(value, expected.nll_loss_mean, tolerance('nll_loss_mean'));
    expectClose(grad, expected.grad_logits.data, tolerance('grad_logits'));
  });

  it('gives probabilities that sum to 1, keep the order of the logits, and are the exponential of their logarithm', () => {
    fc.assert(
      fc.property(logits(50), (rows) => {
        tf.tidy(() => {
          const p = stablemax(tf.tensor2d(rows)).arraySync() as number[][];
          expectClose(
            p.map((row) => row.reduce((a, b) => a + b)),
            rows.map(() => 1),
            1e-6,
          );
          rows.forEach((row, i) => {
            row.forEach((x, j) => {
              row.forEach((y, k) => {
                if (x > y) expect(p[i][j]).toBeGreaterThanOrEqual(p[i][k]);
              });
            });
          });
          expectClose(tf.exp(logStablemax(tf.tensor2d(rows))), p.flat(), 1e-6);
        });
      }),
    );
  });

  it.each([0, 1, 2, -1, -2, -3])('works over axis %i of three', (axis) => {
    const x = tf.randomNormal([2, 3, 4], 0, 3, 'float32', 1);
    const total = tf.sum(stablemax(x, axis), axis);
    expectClose(total, new Array(total.size).fill(1), 1e-6);
    const moved = logStablemax(tf.transpose(x, orderWithLast(axis)), -1);
    expectClose(tf.transpose(logStablemax(x, axis), orderWithLast(axis)), moved.dataSync(), 1e-6);
  });

  it('takes a single axis and a single class', () => {
    expectClose(stablemax(tf.tensor1d([0, 1])), [1 / 3, 2 / 3], 1e-7);
    expectClose(stablemax(tf.tensor2d([[5], [-5]])), [1, 1], 0);
    expectClose(logStablemax(tf.tensor2d([[5], [-5]])), [0, 0], 0);
  });

  it('has the gradient of central differences, with and without guards', () => {
    const x = tf.tensor2d([
      [0.3, -1.2, 2.5],
      [1.7, 0.4, -0.6],
    ]);
    const weights = tf.tensor2d([
      [1, -2, 3],
      [0.5, 2, -1],
    ]);
    for (const options of [{}, { clampMin: -10, epsilon: 1e-3 }]) {
      expectGradientMatchesDifferences((x) => tf.sum(tf.mul(stablemax(x, -1, options), weights)), x);
      expectGradientMatchesDifferences((x) => tf.sum(tf.mul(logStablemax(x, 0, options), weights)), x);
    }
  });

  it('keeps gradients finite at ±1e30', () => {
    const x = tf.tensor2d([[1e30, -1e30, 0]]);
    const weights = tf.tensor2d([[1, 2, 3]]);
    for (const f of [stablemax, logStablemax]) {
      const gradient = tf.grad((x) => tf.sum(tf.mul(f(x), weights)))(x);
      expect(Array.from(gradient.dataSync()).every(Number.isFinite)).toBe(true);
    }
  });

  it('passes NaN on', () => {
    const x = tf.tensor2d([[1, Number.NaN, 0]]);
    for (const f of [stablemax, logStablemax]) expectClose(f(x), [Number.NaN, Number.NaN, Number.NaN], 0);
  });
});

/** Moves an axis of three to the end by swapping it with the last. */
function orderWithLast(axis: number): number[] {
  const position = axis < 0 ? axis + 3 : axis;
  return [0, 1, 2].map((i) => (i === position ? 2 : i === 2 ? position : i));
}

it.each([
  [
    () => stablemax(tf.zeros([2, 3]), 2),
    'stablemax: axis is 2 for logits of shape [2,3], expected a whole number from -2 to 1.',
  ],
  [() => logStablemax(tf.scalar(1)), 'logStablemax: axis is -1 for logits of shape []'],
  [
    () => stablemax(tf.zeros([2]), -1, { clampMin: Number.NaN }),
    'stablemax: clampMin is NaN, expected a finite number.',
  ],
  [
    () => logStablemax(tf.zeros([2]), -1, { epsilon: -1 }),
    'logStablemax: epsilon is -1, expected a finite number ≥ 0.',
  ],
])('refuses what makes no sense: %o', (call, message) => {
  expect(call).toThrow(message);
});
