import type { Transform, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, optimizerOf } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';
import { GrokAdamW, grokAdamW, grokfastEma, grokfastMa } from './index.js';

/** The weights as another process would read them from a file: equal values in new tensors. */
async function throughFile(weights: readonly { name: string; tensor: tf.Tensor }[]) {
  return Promise.all(
    weights.map(async ({ name, tensor }) => {
      const values = Array.from(await tensor.data());
      return { name, tensor: tf.tensor(values, tensor.shape, tensor.dtype) };
    }),
  );
}

/** Which parameters have a gradient at each step. */
const STEPS = [['a', 'b', 'c'], ['a', 'c'], ['c', 'a'], ['a', 'b', 'c'], ['b'], ['a', 'b', 'c']];

function takeSteps(optimizer: TransformOptimizer, steps: readonly number[]): void {
  for (const step of steps) {
    const gradients = STEPS[step].map((name, i) => ({
      name,
      tensor: tf.randomNormal([2, 3], 0, 1, 'float32', 10 * step + i + 1) as tf.Tensor,
    }));
    optimizer.applyGradients(gradients);
    tf.dispose(gradients);
  }
}

const makers: [string, () => Transform][] = [
  ['grokAdamW', () => grokAdamW({ learningRate: 0.1 })],
  ['grokAdamW by layer, with a signal', () => grokAdamW({ layerDecay: 'layer', grokkingSignals: [() => 2] })],
  ['grokfastEma', () => grokfastEma({ alpha: 0.7 })],
  ['grokfastMa', () => grokfastMa({ windowSize: 3 })],
  ['grokfastMa without warm-up', () => grokfastMa({ windowSize: 2, warmup: false })],
];

describeOnBackends('a checkpoint', (backend) => {
  it.each(makers)('resumes %s bit for bit from a file, with gradients missing', async (_, create) => {
    const params = ['a', 'b', 'c'].map((name, i) =>
      tf.variable(tf.randomNormal([2, 3], 0, 1, 'float32', i + 1), true, name),
    );
    const values = () => params.map((param) => param.arraySync());
    const [first, second] = [optimizerOf(create()), optimizerOf(create())];
    takeSteps(first, [0, 1, 2]);
    const [weights, saved] = [await throughFile(await first.getWeights()), values()];
    takeSteps(first, [3, 4, 5]);
    const expected = values();

    params.forEach((param, i) => {
      param.assign(tf.tensor(saved[i]));
    });
    await second.setWeights(weights);
    takeSteps(second, [3, 4, 5]);
    expect(values()).toEqual(expected);
    first.dispose();
    second.dispose();
  });

  it.each([
    ['grokAdamW', 'step', () => grokAdamW()],
    ['grokfastMa', 'filled', () => grokfastMa({ windowSize: 2 })],
  ])('of %s with a damaged count is refused', async (name, slot, create) => {
    const w = tf.variable(tf.ones([2]), true, 'w');
    const step = (optimizer: TransformOptimizer) =>
      optimizer.applyGradients([{ name: 'w', tensor: tf.ones([2]) }]);
    const first = optimizerOf(create());
    step(first);
    for (const damaged of [tf.scalar(Number.NaN), tf.scalar(-1), tf.scalar(1.5), tf.tensor1d([1, 2])]) {
      const second = optimizerOf(create());
      const weights = (await first.getWeights()).map((weight) =>
        weight.name.endsWith(`|${slot}`) ? { name: weight.name, tensor: damaged } : weight,
      );
      await second.setWeights(weights);
      const before = w.arraySync();
      expect(() => step(second)).toThrow(`${name}: the count '${slot}' of parameter 'w' is`);
      expect(w.arraySync()).toEqual(before);
      second.dispose();
    }
    first.dispose();
  });

  it.each([
    ['grokfastEma', 'ema', () => grokfastEma()],
    ['grokfastMa', '1', () => grokfastMa({ windowSize: 2 })],
  ])('of %s from another model is refused, also where shapes would broadcast', (name, slot, create) => {
    const w = tf.variable(tf.ones([3, 2]), true, 'w');
    const state = { w: { [slot]: tf.ones([2]), filled: tf.scalar(1, 'int32') } };
    expect(() => create().update({ w: tf.ones([3, 2]) }, state, { count: 1, params: { w } })).toThrow(
      `${name}: the state '${slot}' of parameter 'w' has shape [2], expected [3,2]`,
    );
  });

  it('of a tf.layers model holds GrokAdamW, and resumes it bit for bit', async () => {
    tf.serialization.registerClass(GrokAdamW);
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3], activation: 'tanh', name: `${backend}_hidden` }),
        tf.layers.dense({ units: 2, name: `${backend}_head_1` }),
      ],
    });
    model.compile({
      optimizer: new GrokAdamW({ learningRate: 0.05, layerDecay: 'layer', gamma: 0.4 }),
      loss: 'meanSquaredError',
    });
    const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.ones([8, 2])];
    const fit = (each: tf.LayersModel) => each.fit(x, y, { epochs: 3, verbose: 0, shuffle: false });
    await fit(model);
    let artifacts: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    await model.save(handler, { includeOptimizer: true });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
    expect(loaded.optimizer).toBeInstanceOf(GrokAdamW);

    await fit(model);
    await fit(loaded); // tf.layers named its weights cpu_hidden/kernel_1 and so on
    const [expected, found] = [model, loaded].map((each) => each.getWeights().map((w) => w.arraySync()));
    expect(found).toEqual(expected);
    for (const each of [model, loaded]) {
      each.optimizer.dispose();
      each.dispose();
    }
  });
});

describeOnBackends('a step', () => {
  it('reads no tensor back', () => {
    const w = tf.variable(tf.ones([2, 3]), true, 'a');
    for (const [, create] of makers) {
      const optimizer = optimizerOf(create());
      const reads = [
        vi.spyOn(tf.Tensor.prototype, 'dataSync'),
        vi.spyOn(tf.backend() as unknown as { readSync(): void }, 'readSync'),
      ];
      for (const value of [1, 2, 3])
        optimizer.applyGradients([{ name: 'a', tensor: tf.fill([2, 3], value) }]);
      const times = reads.map((read) => read.mock.calls.length);
      vi.restoreAllMocks();
      expect(times).toEqual([0, 0]);
      optimizer.dispose();
    }
    w.dispose();
  });
});
