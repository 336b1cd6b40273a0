import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import golden from '../fixtures/p11_token_weighted_accumulation.json' with { type: 'json' };
import {
  softmaxCollapse,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sparseStablemaxCrossEntropy,
  stablemaxCollapse,
  stablemaxCrossEntropy,
  zeroLossShare,
} from './index.js';

/** Means that have no gradient. */
const SHARES = ['softmaxCollapse', 'stablemaxCollapse', 'zeroLossShare'];
const IGNORED = -100;
const options = { ignoreIndex: IGNORED };

/** What a mean is a mean over, as anybody reads it. */
function countOf(mean: tf.Tensor): number | undefined {
  const count = (mean as unknown as Record<symbol, (() => number | tf.Scalar) | undefined>)[
    Symbol.for('evenkeel.count')
  ]?.();
  return count instanceof tf.Tensor ? count.dataSync()[0] : count;
}

const WEIGHTS = ['E', 'W1', 'b1', 'head'] as const;
const cases = goldenCases<
  Record<(typeof WEIGHTS)[number], GoldenTensor> & {
    micro_batches: { tokens: GoldenTensor; labels?: GoldenTensor }[];
  },
  { ignore_index: number; causal_shift_inside: boolean },
  {
    counts: number[];
    total_count: number;
    loss: number;
    grads: Record<string, GoldenTensor>;
    loss_sum_per_micro_batch: GoldenTensor;
  }
>(golden);
const toTensor = ({ data, shape }: GoldenTensor, dtype: 'float32' | 'int32' = 'float32') =>
  tf.tensor(data, shape, dtype);

/** Labels of a sequence whose logits at t are for token t + 1: one ignored label at the end. */
const shifted = (labels: tf.Tensor) =>
  tf.concat([tf.slice(labels, [0, 1]), tf.fill([labels.shape[0], 1], IGNORED, 'int32')], 1);

describeOnBackends('what a mean says it is over', () => {
  it.each(cases)(
    'puts batches together as the reference: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const [E, W1, b1, head] = WEIGHTS.map((name) => tf.variable(toTensor(inputs[name]), true, name));
      const logitsOf = (tokens: tf.Tensor) => {
        const x = tf.matMul(tf.oneHot(tf.reshape(tokens, [-1]), E.shape[0]).toFloat(), E as tf.Tensor2D);
        const h = tf.tanh(tf.add(tf.matMul(x, W1 as tf.Tensor2D, false, true), b1));
        return tf.reshape(tf.matMul(h as tf.Tensor2D, head as tf.Tensor2D, false, true), [
          ...tokens.shape,
          head.shape[0],
        ]);
      };
      let [loss, total] = [0, 0];
      const sums: Record<string, tf.Tensor> = {};
      const counts = inputs.micro_batches.map((batch, i) => {
        const tokens = toTensor(batch.tokens, 'int32');
        const given = toTensor(batch.labels ?? batch.tokens, 'int32');
        const labels = hyper.causal_shift_inside ? shifted(given) : given;
        const { value, grads } = tf.variableGrads(() =>
          sparseSoftmaxCrossEntropy(labels, logitsOf(tokens), { ignoreIndex: hyper.ignore_index }),
        );
        const count = countOf(value)!;
        const sum = value.dataSync()[0] * count;
        expectClose(sum, expected.loss_sum_per_micro_batch.data[i], tolerance('loss_sum_per_micro_batch'));
        for (const [name, grad] of Object.entries(grads)) {
          expect(grad.dataSync().every(Number.isFinite)).toBe(true);
          sums[name] = tf.add(sums[name] ?? 0, tf.mul(grad, count));
        }
        loss += sum;
        total += count;
        return count;
      });
      expect([counts, total]).toEqual([expected.counts, expected.total_count]);
      expectClose(loss / total, expected.loss, tolerance('loss'));
      for (const name of WEIGHTS) {
        expectClose(tf.div(sums[name], total), expected.grads[name].data, { rtol: 1e-5, atol: 2e-6 });
      }
    },
  );

  const means: [string, (labels: tf.Tensor, logits: tf.Tensor) => tf.Scalar][] = [
    ['sparseSoftmaxCrossEntropy', (y, x) => sparseSoftmaxCrossEntropy(y, x, options)],
    ['sparseStablemaxCrossEntropy', (y, x) => sparseStablemaxCrossEntropy(y, x, options)],
    [
      'sparseStablemaxCrossEntropy with guards',
      (y, x) => sparseStablemaxCrossEntropy(y, x, { ...options, clampMin: -10, epsilon: 1e-9 }),
    ],
    ['softmaxCollapse', (y, x) => softmaxCollapse(y, x, options)],
    ['zeroLossShare', (y, x) => zeroLossShare(y, x, options)],
    ['stablemaxCollapse', (y, x) => stablemaxCollapse(y, x, { ...options, clampMin: -10 })],
    ['sparseSoftmaxCrossEntropy of all labels', (y, x) => sparseSoftmaxCrossEntropy(tf.relu(y), x)],
    ['softmaxCrossEntropy', (y, x) => softmaxCrossEntropy(onehot(y), x)],
    ['stablemaxCrossEntropy', (y, x) => stablemaxCrossEntropy(onehot(y), x)],
  ];
  const onehot = (labels: tf.Tensor) => tf.oneHot(tf.relu(labels), 3).toFloat();

  it.each(means)('makes the parts of any cut add up to the whole: %s', (name, mean) => {
    const isDifferentiable = !SHARES.includes(name);
    const rows = fc.array(
      fc.tuple(
        fc.constantFrom(IGNORED, 0, 1, 2),
        fc.array(fc.constantFrom(-3, 0, 1, 40), { minLength: 3, maxLength: 3 }),
      ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(rows, fc.array(fc.nat(), { maxLength: 3 }), (rows, cuts) =>
        tf.tidy(() => {
          const edges = [0, ...cuts.map((cut) => cut % (rows.length + 1)).sort((a, b) => a - b), rows.length];
          const part = (start: number, end: number) => {
            const labels = tf.tensor1d(
              rows.slice(start, end).map(([label]) => label),
              'int32',
            );
            const logits = tf.tensor2d(
              rows.slice(start, end).flatMap(([, x]) => x),
              [end - start, 3],
            );
            const value = tf.tidy(() => mean(labels, logits));
            const gradient = isDifferentiable
              ? Array.from(
                  tf
                    .grad((x: tf.Tensor) => mean(labels, x))(logits)
                    .dataSync(),
                )
              : [];
            return { value: value.dataSync()[0], count: countOf(value)!, gradient };
          };
          const whole = part(0, rows.length);
          const parts = edges.slice(1).map((end, i) => part(edges[i], end));
          const total = parts.reduce((sum, { count }) => sum + count, 0);
          expect(total).toBe(whole.count);
          const sum = parts.reduce((sum, { value, count }) => sum + value * count, 0);
          expectClose(sum / Math.max(total, 1), whole.value, 1e-5);
          const gradient = parts.flatMap(({ gradient, count }) =>
            gradient.map((g) => (g * count) / Math.max(total, 1)),
          );
          expectClose(gradient, whole.gradient, 1e-5);
        }),
      ),
      { numRuns: 25 },
    );
  });

  it.each(means.slice(0, 6))('is nothing where every label is ignored: %s', (name, mean) => {
    const labels = tf.fill([2, 2], IGNORED, 'int32');
    const logits = tf.fill([2, 2, 3], 40);
    const value = mean(labels, logits);
    expect([value.dataSync()[0], countOf(value)]).toEqual([0, 0]);
    if (SHARES.includes(name)) return;
    expectClose(tf.grad((x: tf.Tensor) => mean(labels, x))(logits), new Float32Array(12), 0);
  });

  it('is asked for lazily, survives whatever hands on the tensor, and is not said of sums', () => {
    const labels = tf.tensor1d([0, IGNORED, 1], 'int32');
    const w = tf.variable(tf.zeros([3, 2]), true, 'w');
    const loss = () => sparseSoftmaxCrossEntropy(labels, w, options);
    const before = tf.memory().numTensors;
    const value = loss();
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(countOf(value)).toBe(2);
    expect(tf.memory().numTensors).toBe(before + 1);
    const optimizer = tf.train.sgd(0.1);
    const all = [
      tf.tidy(() => tf.tidy(loss)),
      tf.variableGrads(loss).value,
      tf.valueAndGrad((x: tf.Tensor) => sparseSoftmaxCrossEntropy(labels, x, options))(w).value,
      optimizer.minimize(loss, true)!,
    ];
    expect(all.map(countOf)).toEqual([2, 2, 2, 2]);
    optimizer.dispose();
    for (const reduction of ['sum', 'none'] as const) {
      expect(countOf(sparseSoftmaxCrossEntropy(labels, w, { ...options, reduction }))).toBeUndefined();
      expect(countOf(softmaxCrossEntropy(tf.zeros([3, 2]), w, { reduction }))).toBeUndefined();
    }
  });
});
