import type { LipschitzTransformerDescription, MatrixValues, WeightLike } from '@evenkeel/lipschitz';
import * as tf from '@tensorflow/tfjs';
import { attention } from './attention.js';
import { normals } from './random.js';

type Options = Pick<
  LipschitzTransformerDescription,
  'scale' | 'valueScale' | 'residualWeight' | 'finalScale' | 'activation'
> & { width?: number; blocks?: number; heads?: number; size?: number };

/** A random transformer. `size` is the usual norm of its weights. */
export function randomTransformer(
  random: () => number,
  { width = 8, blocks = 2, heads = 4, size = 1, ...options }: Options = {},
): LipschitzTransformerDescription {
  const matrix = (out: number, inSize: number) => ({
    shape: [out, inSize],
    data: Float32Array.from(
      normals(random, out * inSize),
      (x) => (size * x) / (Math.sqrt(inSize) + Math.sqrt(out)),
    ),
  });
  return {
    architecture: 'lipschitz',
    embedding: { shape: [width, 5], data: Float32Array.from(normals(random, width * 5)) },
    blocks: Array.from({ length: blocks }, () => ({
      query: matrix(width, width),
      key: matrix(width, width),
      value: matrix(width, width),
      output: matrix(width, width),
      mlpIn: matrix(2 * width, width),
      mlpOut: matrix(width, 2 * width),
    })),
    head: matrix(11, width),
    heads,
    ...options,
  };
}

/** What the description says, as a function of embedded text `[batch, tokens, width]`; `seen` gets each layer's output. */
export function forwardOf(
  model: LipschitzTransformerDescription,
  seen?: (layer: string, x: tf.Tensor) => void,
) {
  const { blocks, heads, scale = 1, valueScale = 1 / 3, finalScale = 1 } = model;
  const { residualWeight = 1 / (2 * blocks.length) } = model;
  const repeat = (weight: WeightLike, batch: number) => {
    const { shape, data } = weight as MatrixValues;
    return tf.tile(tf.tensor3d(data as Float32Array, [1, shape[0], shape[1]]), [batch, 1, 1]);
  };
  return (inputs: tf.Tensor): tf.Tensor => {
    const batch = inputs.shape[0];
    const linear = (x: tf.Tensor, weight: WeightLike) => tf.matMul(x, repeat(weight, batch), false, true);
    let x = inputs;
    const residual = (name: string, f: tf.Tensor) => {
      x = tf.add(tf.mul(x, 1 - residualWeight), tf.mul(f, residualWeight));
      seen?.(name, x);
    };
    blocks.forEach((block, i) => {
      const [query, key, value, output] = [block.query, block.key, block.value, block.output].map((weight) =>
        repeat(weight, batch),
      );
      const layers = { query, key, value, output, heads, scale, valueScale, rope: true };
      residual(`blocks.${i}.attention`, attention(x, layers));
      residual(`blocks.${i}.mlp`, linear(tf.div(gelu(linear(x, block.mlpIn)), 1.1289), block.mlpOut));
    });
    const logits = tf.mul(linear(x, model.head), finalScale);
    seen?.('head', logits);
    return logits;
  };
}

/** GELU in its tanh form. */
const gelu = (x: tf.Tensor) =>
  tf.mul(
    x,
    tf.sigmoid(tf.mul(tf.add(x, tf.mul(tf.mul(x, tf.square(x)), 0.044715)), 2 * Math.sqrt(2 / Math.PI))),
  );
