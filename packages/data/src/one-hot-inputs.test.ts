import {
  labelTensor,
  modularArithmetic,
  oneHotInputs,
  oneHotLabels,
  selectExamples,
  sparseParity,
} from '@evenkeel/data';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import golden from '../fixtures/i2_modular_addition_curves.json' with { type: 'json' };

const cases = goldenCases<
  { p: number; train_index: GoldenTensor; test_index: GoldenTensor; weights: GoldenTensor[] },
  { index: string; loss: string },
  { train_loss_before_step: GoldenTensor }
>(golden);

describeOnBackends('oneHotInputs', () => {
  it('puts the block of a before the block of b', () => {
    const x = oneHotInputs(selectExamples(modularArithmetic({ modulus: 3 }), [1, 5]));
    expect([x.shape, x.dtype]).toEqual([[2, 6], 'float32']);
    expect(x.arraySync()).toEqual([
      [1, 0, 0, 0, 1, 0],
      [0, 1, 0, 0, 0, 1],
    ]);
  });

  it('has 226 columns for pairs mod 113, two ones in each row', () => {
    const x = oneHotInputs(modularArithmetic());
    expect(x.shape).toEqual([12769, 226]);
    expectClose(tf.sum(x, 1), new Array(12769).fill(2), 0);
    expectClose(tf.sum(x, 0), new Array(226).fill(113), 0);
  });

  it('gives bits two columns each', () => {
    const task = sparseParity({ bits: 3, examples: 4 });
    expectClose(tf.argMax(tf.reshape(oneHotInputs(task), [4, 3, 2]), 2), task.inputs, 0);
  });

  it('refuses what would not fit into memory', () => {
    expect(() => oneHotInputs(modularArithmetic({ modulus: 600 }))).toThrow(
      'oneHotInputs: the result would have shape [360000,1200], expected at most 268435456 numbers. ' +
        'Take part of them with selectExamples, or tokenSequences.',
    );
  });

  it.each(cases)('numbers, splits and labels pairs as the reference: $name', ({ inputs, hyper }) => {
    expect(hyper.index).toBe('row = a*p + b, input = onehot(a) ++ onehot(b), target (a+b) mod p');
    const { p, train_index, test_index } = inputs;
    const pairs = modularArithmetic({ modulus: p, operation: 'add' });
    const rows = [...train_index.data, ...test_index.data];
    expect(new Set(rows)).toEqual(new Set(Array.from({ length: pairs.size }, (_, row) => row)));

    const dealt = selectExamples(pairs, rows);
    const x = oneHotInputs(dealt);
    rows.forEach((row, i) => {
      const [a, b] = [Math.floor(row / p), row % p];
      expect([...dealt.inputs.subarray(2 * i, 2 * i + 2), dealt.labels[i]]).toEqual([a, b, (a + b) % p]);
    });
    const [a, b] = tf.split(x, 2, 1);
    expectClose(
      tf.argMax(a, 1),
      rows.map((row) => Math.floor(row / p)),
      0,
    );
    expectClose(
      tf.argMax(b, 1),
      rows.map((row) => row % p),
      0,
    );
    expectClose(labelTensor(dealt), tf.mod(tf.add(tf.argMax(a, 1), tf.argMax(b, 1)), p), 0);
  });

  it.each(cases.filter(({ hyper }) => hyper.loss === 'cross_entropy'))(
    "meets the reference's first training loss: $name",
    ({ inputs, expected, tolerance }) => {
      const train = selectExamples(modularArithmetic({ modulus: inputs.p }), inputs.train_index.data);
      const [first, second, head] = inputs.weights.map(({ data, shape }) =>
        tf.transpose(tf.tensor2d(data, shape as [number, number])),
      );
      const hidden = tf.relu(tf.matMul(tf.relu(tf.matMul(oneHotInputs(train), first)), second));
      const loss = tf.losses.softmaxCrossEntropy(oneHotLabels(train), tf.matMul(hidden, head));
      expectClose(loss, [expected.train_loss_before_step.data[0]], tolerance('train_loss_before_step'));
    },
  );
});
