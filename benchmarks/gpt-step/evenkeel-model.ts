import { causalAttention, embedding, gelu, layerNorm, linear } from '@evenkeel/ops';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import type { Size } from './cases.js';
import type { Weights } from './weights.js';

/** Mean cross-entropy of the next token, in nats, of the model written with the ops of Evenkeel. */
export function evenkeelLoss(
  weights: Weights,
  { layers, heads }: Size,
  tokens: tf.Tensor2D,
  labels: tf.Tensor2D,
): tf.Scalar {
  const table = weights['tokens.weight'];
  let x: tf.Tensor = tf.add(embedding(table, tokens), weights['positions.weight']);
  for (let i = 0; i < layers; i++) x = tf.tidy(() => block(weights, `blocks.${i}.`, x, heads));
  return sparseSoftmaxCrossEntropy(labels, linear(norm(weights, 'norm', x), table));
}

function block(weights: Weights, at: string, x: tf.Tensor, heads: number): tf.Tensor {
  const [q, k, v] = tf
    .split(project(weights, `${at}qkv`, norm(weights, `${at}norm1`, x)), 3, -1)
    .map((y) => splitHeads(y, heads));
  const attended = joinHeads(causalAttention(q, k, v));
  const h = tf.add(x, project(weights, `${at}out`, attended));
  const inner = gelu(project(weights, `${at}up`, norm(weights, `${at}norm2`, h)), { approximate: 'tanh' });
  return tf.add(h, project(weights, `${at}down`, inner));
}

const project = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor =>
  linear(x, weights[`${name}.weight`], weights[`${name}.bias`]);

const norm = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor =>
  layerNorm(x, weights[`${name}.weight`], weights[`${name}.bias`]);

/** `[batch, time, width]` → `[batch, heads, time, dim]` */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, time, width] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, time, heads, width / heads]), [0, 2, 1, 3]);
}

/** `[batch, heads, time, dim]` → `[batch, time, width]` */
function joinHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, time, dim] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, time, heads * dim]);
}
