import { sgd, TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../src/index.js';

/** A linear model with names of its own, so that several runs can follow each other in one process. */
export function linearModel(name = 'linear') {
  const w = tf.variable(tf.tensor2d([[0.5], [-0.25], [0.125]]), true, `${name}/w`);
  const b = tf.variable(tf.tensor1d([0]), true, `${name}/b`);
  return {
    variables: [w, b],
    forward: (x: tf.Tensor) => tf.add(tf.matMul(x as tf.Tensor2D, w as unknown as tf.Tensor2D), b),
    values: () => [...w.dataSync(), ...b.dataSync()],
    dispose: () => tf.dispose([w, b]),
  };
}

/** The `index`-th batch of y = x · (1, 2, −1) + 0.5. */
export function batchAt(
  index: number,
  rows = 4,
): Required<Batch> & { inputs: tf.Tensor; targets: tf.Tensor } {
  return tf.tidy(() => {
    const inputs = tf.randomUniform([rows, 3], -1, 1, 'float32', index + 1) as tf.Tensor2D;
    const targets = tf.add(tf.matMul(inputs, tf.tensor2d([[1], [2], [-1]])), 0.5);
    return { inputs, targets };
  });
}

/** Those batches without end, with a state. */
export function endless(rows = 4) {
  let index = 0;
  return {
    batch: () => batchAt(index++, rows),
    state: () => index,
    restore: (saved: number) => {
      index = saved;
    },
  };
}

/** The same without a state. */
export function* generated(count = Infinity): Generator<Batch> {
  for (let index = 0; index < count; index++) yield batchAt(index);
}

export const squaredError = (targets: tf.Tensor, outputs: tf.Tensor): tf.Scalar =>
  tf.mean(tf.squaredDifference(targets, outputs));

/** Gradient descent. (`tf.train.sgd` keeps a tensor alive.) */
export const descent = (learningRate: number) => new TransformOptimizer(sgd({ learningRate }));
