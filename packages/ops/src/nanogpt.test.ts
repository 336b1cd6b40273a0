import { causalAttention, embedding, gelu, layerNorm, linear } from '@evenkeel/ops';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import golden from '../fixtures/g2_nanogpt_variants.json' with { type: 'json' };

// The ops together: nanoGPT's logits, loss and every gradient.

type Weights = Record<string, tf.Tensor>;
interface Shape {
  n_layer: number;
  n_head: number;
}
const cases = goldenCases<
  { tokens: GoldenTensor; targets: GoldenTensor; weights: Record<string, GoldenTensor> },
  Shape,
  { logits: GoldenTensor; loss: number; grads: Record<string, GoldenTensor> }
>(golden);

const toTensor = ({ data, shape, dtype }: GoldenTensor) =>
  tf.tensor(data, shape, dtype === 'int32' ? 'int32' : 'float32');

function logitsOf(tokens: tf.Tensor, { n_layer, n_head }: Shape, weights: Weights): tf.Tensor {
  const [batch, time] = tokens.shape;
  const dense = (x: tf.Tensor, name: string) => linear(x, weights[`${name}.weight`], weights[`${name}.bias`]);
  const norm = (x: tf.Tensor, name: string) =>
    layerNorm(x, weights[`${name}.weight`], weights[`${name}.bias`]);
  const attention = (x: tf.Tensor, name: string) => {
    const heads = tf
      .split(dense(x, `${name}.c_attn`), 3, -1)
      .map((part) => tf.transpose(tf.reshape(part, [batch, time!, n_head, -1]), [0, 2, 1, 3]));
    const o = causalAttention(heads[0], heads[1], heads[2]);
    return dense(tf.reshape(tf.transpose(o, [0, 2, 1, 3]), x.shape), `${name}.c_proj`);
  };

  const positions = tf.range(0, time!, 1, 'int32');
  let x: tf.Tensor = tf.add(
    embedding(weights['transformer.wte.weight'], tokens),
    embedding(weights['transformer.wpe.weight'], positions),
  );
  for (let i = 0; i < n_layer; i++) {
    const block = `transformer.h.${i}`;
    x = tf.add(x, attention(norm(x, `${block}.ln_1`), `${block}.attn`));
    x = tf.add(x, dense(gelu(dense(norm(x, `${block}.ln_2`), `${block}.mlp.c_fc`)), `${block}.mlp.c_proj`));
  }
  return linear(norm(x, 'transformer.ln_f'), weights['transformer.wte.weight']);
}

/** Mean cross-entropy over the targets that are not −1. */
function lossOf(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  const onehot = tf.oneHot(targets, logits.shape[2]!); // −1 gives a row of zeros
  return tf.neg<tf.Scalar>(
    tf.div(tf.sum(tf.mul(onehot, tf.logSoftmax(logits))), tf.sum(onehot)) as tf.Scalar,
  );
}

describeOnBackends('nanoGPT built from these ops', () => {
  it.each(cases)(
    'has the published logits, loss and gradients: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const [tokens, targets] = [toTensor(inputs.tokens), toTensor(inputs.targets)];
      const names = Object.keys(inputs.weights);
      const weights = names.map((name) => toTensor(inputs.weights[name]));
      const asWeights = (values: tf.Tensor[]) =>
        Object.fromEntries(names.map((name, i) => [name, values[i]]));

      expectClose(logitsOf(tokens, hyper, asWeights(weights)), expected.logits.data, tolerance('logits'));
      const { value, grads } = tf.valueAndGrads((...values) =>
        lossOf(logitsOf(tokens, hyper, asWeights(values)), targets),
      )(weights);
      expectClose(value, expected.loss, tolerance('loss'));
      expect(names.length).toBe(Object.keys(expected.grads).length);
      grads.forEach((grad, i) => {
        expectClose(grad, expected.grads[names[i]].data, tolerance('grads'));
      });
    },
  );
});
