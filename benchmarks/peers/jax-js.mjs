// The training step of gpt-step in jax-js, on its wasm device: the same model, gradients by valueAndGrad, AdamW by hand.

import { defaultDevice, init, jit, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';

const [LEARNING_RATE, WEIGHT_DECAY, BETA1, BETA2, EPSILON] = [1e-3, 0.1, 0.9, 0.99, 1e-8];

/** @returns A function that takes one step and returns the loss before it. */
export async function create(size) {
  await init('wasm'); // else it looks for a GPU in `navigator`, which Node 20 lacks
  defaultDevice('wasm');
  const { batch, context, vocabulary } = size;
  let params = createParams(size);
  let [m, v] = [zerosLike(params), zerosLike(params)];
  const gradients = jit(valueAndGrad((params, tokens, labels) => loss(params, tokens, labels, size)));
  const update = jit(adamW);
  const token = () => Math.floor(Math.random() * vocabulary);
  const draw = () => Int32Array.from({ length: batch * (context + 1) }, token);
  const batches = Array.from({ length: 8 }, () => {
    const data = np.array(draw(), { dtype: np.int32, shape: [batch, context + 1] });
    return [data.ref.slice([], [0, context]), data.slice([], [1, context + 1])];
  });
  let count = 0;
  return async () => {
    const [tokens, labels] = batches[count++ % batches.length];
    const [value, grads] = gradients(tree.ref(params), tokens.ref, labels.ref);
    const corrections = np.array([1 - BETA1 ** count, 1 - BETA2 ** count]);
    [params, m, v] = update(params, grads, m, v, corrections);
    for (const leaf of tree.leaves(params)) await leaf.blockUntilReady();
    return (await value.data())[0];
  };
}

function createParams({ layers, width, context, vocabulary }) {
  let draws = 0;
  const normal = (...shape) => random.normal(random.key(100 + draws++), shape).mul(0.02);
  const norm = () => ({ gain: np.ones([width]), bias: np.zeros([width]) });
  const dense = (inputs, outputs) => ({ weight: normal(inputs, outputs), bias: np.zeros([outputs]) });
  return {
    tokens: normal(vocabulary, width),
    positions: normal(context, width),
    norm: norm(),
    blocks: Array.from({ length: layers }, () => ({
      norm1: norm(),
      qkv: dense(width, 3 * width),
      out: dense(width, width),
      norm2: norm(),
      up: dense(width, 4 * width),
      down: dense(4 * width, width),
    })),
  };
}

/** Takes ownership of all it is given, as jax-js wants. */
function loss(params, tokens, labels, { heads, width, context, vocabulary, batch }) {
  const apply = ({ weight, bias }, x) => np.matmul(x, weight).add(bias);
  const standard = ({ gain, bias }, x) => nn.standardize(x, -1).mul(gain).add(bias);
  const split = (qkv, i) =>
    qkv
      .slice([], [], [i * width, (i + 1) * width])
      .reshape([batch, context, heads, width / heads])
      .transpose([0, 2, 1, 3]);
  const mask = np
    .tril(np.ones([context, context]))
    .sub(1)
    .mul(1e9);

  let x = np.matmul(nn.oneHot(tokens, vocabulary), params.tokens.ref).add(params.positions);
  for (const block of params.blocks) {
    const qkv = apply(block.qkv, standard(block.norm1, x.ref));
    const [q, k, v] = [split(qkv.ref, 0), split(qkv.ref, 1), split(qkv, 2)];
    // Not nn.dotProductAttention, whose einsum needs the iterator helpers of Node 22.
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul((width / heads) ** -0.5);
    const mixed = np
      .matmul(nn.softmax(scores.add(mask.ref), -1), v)
      .transpose([0, 2, 1, 3])
      .reshape([batch, context, width]);
    x = x.add(apply(block.out, mixed));
    const inner = nn.gelu(apply(block.up, standard(block.norm2, x.ref)), { approximate: true });
    x = x.add(apply(block.down, inner));
  }
  mask.dispose();
  const logits = np.matmul(standard(params.norm, x), params.tokens.transpose());
  return nn
    .logSoftmax(logits, -1)
    .mul(nn.oneHot(labels, vocabulary))
    .sum()
    .mul(-1 / (batch * context));
}

function adamW(params, grads, m, v, corrections) {
  const squares = tree.leaves(tree.ref(grads)).map((g) => np.square(g).sum());
  const norm = np.sqrt(squares.reduce((a, b) => a.add(b)));
  const factor = np.minimum(np.reciprocal(norm.add(1e-6)), 1);
  const g = tree.map((g) => g.mul(factor.ref), grads);
  const [correction1, correction2] = [corrections.ref.slice(0), corrections.slice(1)];
  const nextM = tree.map((m, g) => m.mul(BETA1).add(g.mul(1 - BETA1)), m, tree.ref(g));
  const nextV = tree.map((v, g) => v.mul(BETA2).add(np.square(g).mul(1 - BETA2)), v, g);
  const next = tree.map(
    (w, m, v) => {
      const direction = m.div(correction1.ref).div(np.sqrt(v.div(correction2.ref)).add(EPSILON));
      return w.mul(1 - LEARNING_RATE * WEIGHT_DECAY).sub(direction.mul(LEARNING_RATE));
    },
    params,
    tree.ref(nextM),
    tree.ref(nextV),
  );
  factor.dispose();
  correction1.dispose();
  correction2.dispose();
  return [next, nextM, nextV];
}

const zerosLike = (params) => tree.map((x) => np.zeros(x.shape), params);
