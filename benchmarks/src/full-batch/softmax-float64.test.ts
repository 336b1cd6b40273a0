import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { softmaxCrossEntropy64 } from './softmax-float64.js';

describeOnBackends('softmax in float64', () => {
  it('gives the loss and the gradient of the one in float32 where that is exact enough', () => {
    const labels = tf.tensor1d([2, 0, 1], 'int32');
    const logits = tf.tensor2d([1, -2, 0.5, 3, 0, -1, 0, 0, 4], [3, 3]);
    const [ours, theirs] = [softmaxCrossEntropy64, sparseSoftmaxCrossEntropy].map((loss) =>
      tf.valueAndGrad((x) => tf.mul(loss(labels, x), 2))(logits),
    );
    expectClose(Array.from(ours.value.dataSync()), Array.from(theirs.value.dataSync()), 1e-6);
    expectClose(Array.from(ours.grad.dataSync()), Array.from(theirs.grad.dataSync()), 1e-6);
    tf.dispose([labels, logits, ours, theirs] as tf.TensorContainer);
  });

  it('keeps a gradient where float32 has lost it, and loses it where float64 does', () => {
    const labels = tf.tensor1d([0], 'int32');
    const slope = (lead: number, loss: (labels: tf.Tensor, logits: tf.Tensor) => tf.Scalar) => {
      const logits = tf.tensor2d([lead, 0], [1, 2]);
      const gradient = tf.grad((x) => loss(labels, x))(logits);
      const [value] = gradient.dataSync();
      tf.dispose([logits, gradient]);
      return Math.abs(value);
    };
    expectClose([slope(20, softmaxCrossEntropy64)], [Math.exp(-20)], 1e-3 * Math.exp(-20));
    expect(slope(20, softmaxCrossEntropy64)).toBeGreaterThan(1e-9);
    expect(slope(40, softmaxCrossEntropy64)).toBe(0);
    labels.dispose();
  });
});
