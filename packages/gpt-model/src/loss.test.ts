import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { GPT, type GPTConfig } from './index.js';

const sizes = { vocabSize: 23, contextLength: 8, layers: 2, heads: 2, width: 8 };
const configs: [string, GPTConfig][] = [
  ['gpt2, tied', { architecture: 'gpt2', ...sizes, dropout: 0.3 }],
  ['llama, with stablemax', { architecture: 'llama', ...sizes, head: 'stablemax', checkpointing: true }],
  [
    'lipschitz, scaled',
    { architecture: 'lipschitz', ...sizes, headBias: true, finalScale: 3, expandHead: true },
  ],
];

describeOnBackends('GPT.loss', () => {
  it.each(configs)('is the loss of the logits, whole or in pieces: %s', (_, config) => {
    const model = new GPT(config, { seed: 3 });
    const tokens = [
      [1, 5, 2, 22],
      [4, 4, 0, 9],
    ];
    const labels = tf.tensor2d([5, 2, -1, 22, 0, 9, 3, -1], [2, 4], 'int32');
    const lossOf = config.head === 'stablemax' ? sparseStablemaxCrossEntropy : sparseSoftmaxCrossEntropy;
    const pass = { training: true, seed: 7 };
    const want = tf.variableGrads(
      () => lossOf(labels, model.forward(tokens, pass), { ignoreIndex: -1 }),
      model.variables,
    );
    for (const chunkSize of [undefined, 5, 100]) {
      const got = tf.variableGrads(
        () => model.loss(labels, tokens, { ...pass, ignoreIndex: -1, chunkSize }),
        model.variables,
      );
      const tolerance = chunkSize === undefined ? 0 : { rtol: 1e-4, atol: 1e-6 };
      expectClose(got.value, want.value.dataSync(), tolerance);
      for (const name of Object.keys(want.grads)) {
        expectClose(got.grads[name], want.grads[name].dataSync(), tolerance);
      }
    }
    const each = model.loss(labels, tokens, { ignoreIndex: -1, reduction: 'none', chunkSize: 4 });
    expect(each.shape).toEqual([2, 4]);
    const mean = model.loss(labels, tokens, { ignoreIndex: -1, chunkSize: 4 });
    expect((mean as unknown as Record<symbol, () => number>)[Symbol.for('evenkeel.count')]()).toBe(6);
    const other = model.loss(labels, tokens, { ignoreIndex: -1, probabilities: 'stablemax' });
    expect(other.dataSync()[0] === mean.dataSync()[0]).toBe(config.head === 'stablemax');
    model.dispose();
  });

  it('computes a large head in pieces by itself', () => {
    const model = new GPT({ ...sizes, architecture: 'gpt2', vocabSize: 300_000 });
    const rows = Array.from({ length: 8 }, () => [1, 2, 3, 4, 5, 6, 7, 8]);
    const labels = tf.ones([8, 8], 'int32');
    const { makeTensorFromTensorInfo } = tf.engine();
    let largest = 0;
    tf.engine().makeTensorFromTensorInfo = function (this: ReturnType<typeof tf.engine>, ...args) {
      const made = makeTensorFromTensorInfo.apply(this, args);
      largest = Math.max(largest, made.size);
      return made;
    };
    try {
      model.loss(labels, rows);
    } finally {
      tf.engine().makeTensorFromTensorInfo = makeTensorFromTensorInfo;
    }
    expect(largest).toBeLessThanOrEqual(2 ** 22);
    model.dispose();
  });
});
