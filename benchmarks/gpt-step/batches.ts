import * as tf from '@tensorflow/tfjs';
import type { Size } from './cases.js';

export type Batch = {
  tokens: tf.Tensor2D;
  labels: tf.Tensor2D;
};

/** Random tokens, and as labels the same moved by one; made once and used in turn. */
export function createBatches({ batch, context, vocabulary }: Size, count = 8): Batch[] {
  return Array.from({ length: count }, (_, i) =>
    tf.tidy(() => {
      const shape: [number, number] = [batch, context + 1];
      const data = tf.randomUniform<tf.Rank.R2>(shape, 0, vocabulary, 'int32', i + 1);
      return {
        tokens: tf.slice(data, [0, 0], [batch, context]),
        labels: tf.slice(data, [0, 1], [batch, context]),
      };
    }),
  );
}
