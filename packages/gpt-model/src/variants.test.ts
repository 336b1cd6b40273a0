import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { GPT, type GPTConfig } from './index.js';

const base = { vocabSize: 13, contextLength: 12, layers: 2, heads: 4, width: 16 };

/** One of each choice that changes what a forward pass does. */
const VARIANTS: Record<string, GPTConfig> = {
  gpt2: { ...base, architecture: 'gpt2' },
  'gpt2, untied': { ...base, architecture: 'gpt2', tiedHead: false, headBias: true, activation: 'geluTanh' },
  llama: { ...base, architecture: 'llama' },
  'llama, grouped queries': { ...base, architecture: 'llama', kvHeads: 2, headDim: 6, qkvBias: true },
  'llama, fused': { ...base, architecture: 'llama', kvHeads: 1, fusedQkv: true, fusedGate: true },
  'llama, sliding window': { ...base, architecture: 'llama', slidingWindow: 3 },
  'llama, window of one from layer 1': {
    ...base,
    architecture: 'llama',
    slidingWindow: 1,
    slidingWindowFrom: 1,
  },
  gemma: {
    ...base,
    architecture: 'llama',
    norm: 'rmsNormPlusOne',
    activation: 'geluTanh',
    embeddingScale: 4,
    tiedHead: true,
  },
  stableLm: { ...base, architecture: 'llama', norm: 'layerNorm', normBias: true, rotaryFraction: 0.5 },
  mixtral: { ...base, architecture: 'llama', experts: 3, mlpWidth: 8 },
  lipschitz: { ...base, architecture: 'lipschitz' },
  'lipschitz, our options': {
    ...base,
    architecture: 'lipschitz',
    kvHeads: 2,
    scoreBias: true,
    headBias: true,
    valueScale: 0.667,
    residualWeight: 0.4,
    finalScale: 4,
    slidingWindow: 5,
    activation: 'maxMin',
  },
};

const TOKENS = [
  [1, 5, 2, 12, 0, 7, 7, 3, 9],
  [4, 4, 11, 6, 8, 10, 1, 2, 3],
];

describeOnBackends('GPT', (backend) => {
  const tolerance = backend.startsWith('web') ? 1e-3 : 1e-5;

  it.each(Object.entries(VARIANTS))('reads with a cache as it reads at once: %s', async (_, config) => {
    const model = new GPT(config, { seed: 3 });
    const whole = await model.forward(TOKENS).data();
    for (const chunks of [[9], [1, 1, 1, 1, 1, 1, 1, 1, 1], [4, 1, 3, 1]]) {
      const cache = model.cache();
      const parts: tf.Tensor[] = [];
      for (const size of chunks) {
        const from = cache.length;
        const rows = TOKENS.map((row) => row.slice(from, from + size));
        parts.push(model.forward(rows, { cache }));
      }
      expect(cache.length).toBe(9);
      expectClose(await tf.concat(parts, 1).data(), whole, tolerance);
      cache.dispose();
    }
    model.dispose();
  });

  it.each(Object.entries(VARIANTS))('never looks ahead: %s', async (_, config) => {
    const model = new GPT(config);
    const early = await tf.slice(model.forward(TOKENS), [0, 0, 0], [-1, 5, -1]).data();
    const other = TOKENS.map((row) => [...row.slice(0, 5), 0, 0, 0, 0]);
    expectClose(await tf.slice(model.forward(other), [0, 0, 0], [-1, 5, -1]).data(), early, tolerance / 10);
    model.dispose();
  });

  it.each(Object.entries(VARIANTS))('has the same gradients when it checkpoints: %s', async (_, config) => {
    const options = { training: true, seed: 5 };
    const [plain, checkpointing] = [false, true].map(
      (checkpointing) => new GPT({ ...config, dropout: 0.25, checkpointing }),
    );
    const gradients = (model: GPT) =>
      tf.variableGrads(
        () => tf.mean(tf.square(model.forward(TOKENS, options))) as tf.Scalar,
        model.variables,
      );
    const [expected, actual] = [gradients(plain), gradients(checkpointing)];
    expectClose(await actual.value.data(), await expected.value.data(), tolerance);
    expect(Object.keys(actual.grads)).toHaveLength(plain.variables.length);
    for (const [name, { name: variable }] of plain.parameters) {
      const grad = actual.grads[checkpointing.parameters.get(name)!.name];
      expectClose(await grad.data(), await expected.grads[variable].data(), tolerance);
    }
    for (const model of [plain, checkpointing]) model.dispose();
  });

  it.each(Object.entries(VARIANTS))('learns a sequence by heart: %s', async (_, config) => {
    const model = new GPT(config, { seed: 1 });
    const optimizer = tf.train.adam(0.01);
    const labels = tf.oneHot(
      tf.tensor2d(
        TOKENS.map((row) => row.slice(1)),
        undefined,
        'int32',
      ),
      13,
    );
    const inputs = TOKENS.map((row) => row.slice(0, -1));
    const loss = () => tf.losses.softmaxCrossEntropy(labels, model.forward(inputs)) as tf.Scalar;
    const before = (await loss().data())[0];
    for (let step = 0; step < 15; step++) optimizer.minimize(loss, false, model.variables);
    expect((await loss().data())[0]).toBeLessThan(0.8 * before);
    optimizer.dispose();
    model.dispose();
  });
});
