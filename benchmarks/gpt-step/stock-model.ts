import * as tf from '@tensorflow/tfjs';
import type { Size } from './cases.js';
import type { Weights } from './weights.js';

export interface StockOptions {
  /** Looks tokens up by `tf.gather`; else by a one-hot product, as stock wasm cannot train a gather. */
  gather: boolean;
}

/** Mean cross-entropy of the next token, in nats, written with nothing but stock tfjs ops. */
export function stockLoss(
  weights: Weights,
  size: Size,
  tokens: tf.Tensor2D,
  labels: tf.Tensor2D,
  { gather }: StockOptions,
): tf.Scalar {
  const { layers, width, context, vocabulary, batch } = size;
  const table = weights['tokens.weight'];
  const looked = gather
    ? tf.gather(table, tf.reshape(tokens, [-1]))
    : tf.matMul(onehot(tokens, vocabulary), table);
  const embedded = tf.add(tf.reshape(looked, [batch, context, width]), weights['positions.weight']);
  let x: tf.Tensor = tf.reshape(embedded, [batch * context, width]);
  const mask = causalMask(context);
  for (let i = 0; i < layers; i++) x = tf.tidy(() => block(weights, `blocks.${i}.`, x, mask, size));
  const logits = tf.matMul(layerNorm(weights, 'norm', x), table, false, true);
  return tf.losses.softmaxCrossEntropy(onehot(labels, vocabulary), logits);
}

/** float32 by a cast: `tf.oneHot` with that dtype writes the bits of integers on the wasm backend of 4.22. */
const onehot = (ids: tf.Tensor, vocabulary: number): tf.Tensor =>
  tf.cast(tf.oneHot(tf.reshape(ids, [-1]), vocabulary), 'float32');

function block(weights: Weights, at: string, x: tf.Tensor, mask: tf.Tensor, size: Size): tf.Tensor {
  const attended = attention(dense(weights, `${at}qkv`, layerNorm(weights, `${at}norm1`, x)), mask, size);
  const h = tf.add(x, dense(weights, `${at}out`, attended));
  const inner = gelu(dense(weights, `${at}up`, layerNorm(weights, `${at}norm2`, h)));
  return tf.add(h, dense(weights, `${at}down`, inner));
}

/** Softmax attention over all pairs of positions, with a mask; `qkv` is `[batch · time, 3 · width]`. */
function attention(qkv: tf.Tensor, mask: tf.Tensor, { heads, width, context, batch }: Size): tf.Tensor {
  const split = tf.split(qkv, 3, 1);
  const [q, k, v] = split.map((y) =>
    tf.transpose(tf.reshape(y, [batch, context, heads, width / heads]), [0, 2, 1, 3]),
  );
  const scores = tf.mul(tf.matMul(q, k, false, true), (width / heads) ** -0.5);
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * context, width]);
}

const dense = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.add(tf.matMul(x, weights[`${name}.weight`]), weights[`${name}.bias`]));

const layerNorm = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(unit, weights[`${name}.weight`]), weights[`${name}.bias`]);
  });

const gelu = (x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const cubic = tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
  });

/** −1e9 above the diagonal, 0 elsewhere. */
const causalMask = (context: number): tf.Tensor =>
  tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([context, context]), -1, 0)), -1e9);
