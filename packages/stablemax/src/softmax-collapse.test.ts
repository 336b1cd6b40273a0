import { softmaxCollapse, stablemaxCollapse, zeroLossShare } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import golden from '../fixtures/a3_softmax_collapse.json' with { type: 'json' };

const cases = goldenCases<
  { logits: GoldenTensor; labels: GoldenTensor },
  object,
  { softmax_collapse_fraction_f32: number; zero_terms_f32_ce: number }
>(golden);

const labelsOf = (values: number[]) => tf.tensor1d(values, 'int32');

describeOnBackends('softmaxCollapse', () => {
  it.each(cases)('counts as the reference in float32: $name', ({ inputs, expected }) => {
    const logits = tf.tensor(inputs.logits.data, inputs.logits.shape, 'float32');
    const labels = labelsOf(inputs.labels.data);
    expectClose(softmaxCollapse(labels, logits), expected.softmax_collapse_fraction_f32, 1e-6);
    expectClose(zeroLossShare(labels, logits), expected.zero_terms_f32_ce, 1e-6);
  });

  it('counts a collapsed example with the wrong label, whose loss is not zero', () => {
    const logits = tf.tensor2d([
      [50, 0],
      [0, 50],
      [1, 0],
    ]);
    expectClose(softmaxCollapse(labelsOf([0, 0, 0]), logits), 2 / 3, 1e-6);
    expectClose(zeroLossShare(labelsOf([0, 0, 0]), logits), 1 / 3, 1e-6);
  });

  it('leaves ignored positions out, in any shape', () => {
    const logits = tf.tensor3d([
      [
        [50, 0],
        [1, 0],
      ],
      [
        [0, 50],
        [0, 0],
      ],
    ]);
    const labels = tf.tensor2d(
      [
        [0, -100],
        [0, 1],
      ],
      [2, 2],
      'int32',
    );
    expectClose(softmaxCollapse(labels, logits, { ignoreIndex: -100 }), 2 / 3, 1e-6);
    expectClose(zeroLossShare(labels, logits, { ignoreIndex: -100 }), 1 / 3, 1e-6);
  });

  it('is zero for logits whose sum of exponentials keeps a second term', () => {
    expectClose(
      softmaxCollapse(
        labelsOf([0, 0]),
        tf.tensor2d([
          [15, 0],
          [0, 0],
        ]),
      ),
      0,
      0,
    );
  });

  it('refuses labels that do not fit', () => {
    expect(() => softmaxCollapse(labelsOf([0]), tf.zeros([2, 3]))).toThrow(
      'softmaxCollapse: labels have shape [1]',
    );
    expect(() => zeroLossShare(labelsOf([3]), tf.zeros([1, 3]))).toThrow('zeroLossShare: label 0 is 3');
  });
});

describeOnBackends('stablemaxCollapse', () => {
  const logits = () =>
    tf.tensor2d([
      [50, 0],
      [1e9, -1e9],
      [-1e9, 1e9],
    ]);

  it('is that of its own probabilities: a lead that ends softmax leaves StableMax much to learn', () => {
    const labels = labelsOf([0, 0, 0]);
    expectClose(softmaxCollapse(labels, logits()), 1, 1e-6);
    expectClose(stablemaxCollapse(labels, logits()), 2 / 3, 1e-6);
    expectClose(stablemaxCollapse(labelsOf([0, 0, -100]), logits(), { ignoreIndex: -100 }), 1 / 2, 1e-6);
  });

  it('is that of the loss with its guards', () => {
    // s(−10⁹) is 10⁻⁹, but s(−10) is 1/11: what is lost beside 10⁵ and what is not.
    const x = tf.tensor2d([[1e5, -1e9]]);
    expectClose(stablemaxCollapse(labelsOf([0]), x), 1, 1e-6);
    expectClose(stablemaxCollapse(labelsOf([0]), x, { clampMin: -10 }), 0, 1e-6);
    expect(() => stablemaxCollapse(labelsOf([0]), x, { epsilon: -1 })).toThrow(
      'stablemaxCollapse: epsilon is -1',
    );
  });

  it('refuses labels of another shape', () => {
    expect(() => stablemaxCollapse(labelsOf([0]), logits())).toThrow(
      'stablemaxCollapse: labels have shape [1]',
    );
  });
});
