import { softmaxCollapse, zeroLossShare } from '@evenkeel/stablemax';
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
