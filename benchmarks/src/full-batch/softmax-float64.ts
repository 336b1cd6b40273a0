import * as tf from '@tensorflow/tfjs';

/**
 * Mean softmax cross-entropy in float64, of float32 logits: what PyTorch does after `logits.double()`.
 *
 * Runs on the host, since no tfjs backend has float64. The gradient is p − 1 for the right class, computed in float64 and
 * then rounded to float32, so it vanishes where the right class leads by 37 and not by 17.
 */
export function softmaxCrossEntropy64(labels: tf.Tensor, logits: tf.Tensor): tf.Scalar {
  const mean = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const x = args[0] as tf.Tensor;
    const { loss, gradient } = lossAndGradient(labels.dataSync(), x.dataSync(), x.shape[1]!);
    const slope = tf.keep(tf.tensor(gradient, x.shape));
    return {
      value: tf.scalar(loss),
      gradFunc: (dy: tf.Tensor) => {
        const product = tf.mul(slope, dy);
        slope.dispose();
        return product;
      },
    };
  });
  return mean(logits) as tf.Scalar;
}

function lossAndGradient(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number) {
  const examples = labels.length;
  const gradient = new Float32Array(examples * classes);
  let loss = 0;
  for (let i = 0; i < examples; i++) {
    const at = i * classes;
    let largest = -Infinity;
    for (let j = 0; j < classes; j++) largest = Math.max(largest, logits[at + j]);
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += Math.exp(logits[at + j] - largest);
    const logSum = Math.log(sum) + largest;
    loss += logSum - logits[at + labels[i]];
    for (let j = 0; j < classes; j++) {
      const p = Math.exp(logits[at + j] - logSum);
      gradient[at + j] = (p - (j === labels[i] ? 1 : 0)) / examples;
    }
  }
  return { loss: loss / examples, gradient };
}
