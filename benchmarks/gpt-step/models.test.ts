import { describeOnBackends, expectClose } from '@evenkeel/testing';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it } from 'vitest';
import { createBatches } from './batches.js';
import { evenkeelLoss } from './evenkeel-model.js';
import { evenkeelTrainer, stockTrainer, type Trainer } from './steps.js';
import { stockLoss } from './stock-model.js';
import { createWeights, isProjection, transposeProjections } from './weights.js';

const SIZE = { layers: 2, heads: 2, width: 8, context: 6, vocabulary: 11, batch: 3 };

describeOnBackends('the two models of gpt-step', (backend) => {
  afterEach(uninstallWasmKernels);

  it('give the same loss and gradients from the same weights, within 1e-5 of the largest entry', () => {
    const weights = createWeights(SIZE, 'evenkeel');
    for (const weight of Object.values(weights)) {
      weight.assign(tf.add(weight, tf.randomNormal(weight.shape, 0, 0.3, 'float32', 7)));
    }
    const stockWeights = transposeProjections(weights, 'stock');
    const [{ tokens, labels }] = createBatches(SIZE, 1);
    const ours = tf.variableGrads(() => evenkeelLoss(weights, SIZE, tokens, labels), Object.values(weights));
    const stock = tf.variableGrads(
      () => stockLoss(stockWeights, SIZE, tokens, labels, { gather: false }),
      Object.values(stockWeights),
    );

    expectClose(ours.value, stock.value.dataSync(), 1e-5);
    for (const name of Object.keys(weights)) {
      const theirs = stock.grads[`stock.${name}`];
      const expected = isProjection(name) ? tf.transpose(theirs) : theirs;
      const largest = tf.max(tf.abs(expected)).dataSync()[0];
      expectClose(ours.grads[`evenkeel.${name}`], expected.dataSync(), {
        rtol: 0,
        atol: 1e-5 * largest + 1e-8,
      });
    }
  });

  it('train alike for five steps', () => {
    const [batch] = createBatches(SIZE, 1);
    const trainers = [evenkeelTrainer(SIZE, 'evenkeel'), stockTrainer(SIZE, 'stock', { gather: false })];
    const losses = trainers.map((trainer) =>
      Array.from({ length: 5 }, () => trainer.step(batch.tokens, batch.labels)),
    );
    expectClose(tf.tensor1d(losses[0]), losses[1], 1e-5);
    expect(losses[0][4]).toBeLessThan(losses[0][0]);
    for (const trainer of trainers) trainer.dispose();
  });

  it.runIf(backend === 'wasm')('train alike with the kernels too, tokens gathered', async () => {
    const [batch] = createBatches(SIZE, 1);
    const trainers = [
      stockTrainer(SIZE, 'stock', { gather: false }),
      stockTrainer(SIZE, 'gathered', { gather: true }),
      evenkeelTrainer(SIZE, 'evenkeel'),
    ];
    const fiveSteps = (trainer: Trainer) =>
      Array.from({ length: 5 }, () => trainer.step(batch.tokens, batch.labels));
    const expected = fiveSteps(trainers[0]);
    await installWasmKernels();
    expectClose(tf.tensor1d(fiveSteps(trainers[1])), expected, 1e-5);
    expectClose(tf.tensor1d(fiveSteps(trainers[2])), expected, 1e-5);
    for (const trainer of trainers) trainer.dispose();
  });
});
