import * as tf from '@tensorflow/tfjs';

/** One attention layer per example, so that a thousand can be searched at once. */
export interface AttentionLayers {
  /** `[batch, heads · headWidth, width]`, as `key` and `value`; `output` is `[batch, width, heads · headWidth]`. */
  query: tf.Tensor3D;
  key: tf.Tensor3D;
  value: tf.Tensor3D;
  output: tf.Tensor3D;
  heads: number;
  scale: number;
  valueScale: number;
  causal?: boolean;
  rope?: boolean;
}

/** Attention of the lipschitz architecture, x `[batch, tokens, width]`, written out with stock ops. */
export function attention(x: tf.Tensor, layers: AttentionLayers): tf.Tensor {
  const { query, key, value, output, heads, scale, valueScale, causal = true, rope = false } = layers;
  const [batch, tokens] = x.shape;
  const split = (weight: tf.Tensor3D) => {
    const headWidth = weight.shape[1] / heads;
    const flat = tf.matMul(x, weight, false, true);
    return tf.transpose(tf.reshape(flat, [batch, tokens, heads, headWidth]), [0, 2, 1, 3]);
  };
  const turn = rope ? rotate : (heads: tf.Tensor) => heads;
  const [q, k, v] = [turn(split(query)), turn(split(key)), split(value)];
  const scores = tf.mul(tf.matMul(q, k, false, true), scale / q.shape[3]!);
  const mask = tf.sub(tf.linalg.bandPart(tf.ones([tokens, tokens]), -1, causal ? 0 : -1), 1);
  const probabilities = tf.softmax(tf.add(scores, tf.mul(mask, 1e9)));
  const mixed = tf.transpose(tf.matMul(probabilities, v), [0, 2, 1, 3]);
  const concatenated = tf.reshape(mixed, [batch, tokens, -1]);
  return tf.mul(tf.matMul(concatenated, output, false, true), valueScale);
}

/** RoPE on `[batch, heads, tokens, headWidth]`, halves paired. */
function rotate(x: tf.Tensor): tf.Tensor {
  const [, , tokens, width] = x.shape;
  const half = width! / 2;
  const angles = Array.from(
    { length: tokens! * half },
    (_, i) => Math.floor(i / half) * 100 ** (-(i % half) / half),
  );
  const [cos, sin] = [Math.cos, Math.sin].map((f) => tf.tensor(angles.map(f), [1, 1, tokens!, half]));
  const [a, b] = tf.split(x, 2, 3);
  return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], 3);
}
