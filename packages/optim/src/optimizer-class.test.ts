import { AdamW, optimizerClass, sgd } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { reload } from '../test/reload.js';

const x = () =>
  tf.tensor2d([
    [1, 0],
    [0, 1],
    [1, 1],
    [0, 0],
  ]);
const y = () => tf.tensor2d([[1], [2], [3], [0]]);
const fit = (model: tf.LayersModel, epochs: number) =>
  model.fit(x(), y(), { epochs, verbose: 0, shuffle: false });

function compiledModel(): tf.Sequential {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 3,
        activation: 'tanh',
        inputShape: [2],
        kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
      }),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }),
    ],
  });
  model.compile({
    optimizer: new AdamW({ learningRate: 0.05, beta2: 0.99, weightDecay: 0.1, amsgrad: true }),
    loss: 'meanSquaredError',
  });
  return model;
}

describeOnBackends('optimizerClass', () => {
  it('makes a class that tf.layers saves, loads and resumes bit for bit', async () => {
    tf.serialization.registerClass(AdamW);
    const model = compiledModel();
    await fit(model, 5);
    const loaded = await reload(model);
    expect(loaded.optimizer).toBeInstanceOf(AdamW);
    expect((loaded.optimizer as AdamW).getConfig()).toEqual({
      learningRate: 0.05,
      beta2: 0.99,
      weightDecay: 0.1,
      amsgrad: true,
    });

    for (const each of [model, loaded]) await fit(each, 5);
    const values = [model, loaded].map((each) => each.getWeights().map((w) => w.arraySync()));
    expect(values[1]).toEqual(values[0]);
    for (const each of [model, loaded]) {
      each.optimizer.dispose();
      each.dispose();
    }
  });

  it('refuses to write down options that JSON cannot hold', () => {
    const optimizer = new AdamW({ learningRate: (count) => 1 / (count + 1) });
    expect(() => optimizer.getConfig()).toThrow(
      "AdamW: option 'learningRate' is a function, expected a value",
    );
  });

  it('takes constraints, and works without options', () => {
    class Sgd extends optimizerClass('Sgd', sgd) {}
    expect(Sgd.className).toBe('Sgd');
    const w = tf.variable(tf.tensor1d([5, -5]), true, 'w');
    new Sgd({ learningRate: 0 }, (value) => tf.clipByValue(value, -1, 1)).minimize(
      () => tf.sum(tf.square(w)) as tf.Scalar,
    );
    expect(Array.from(w.dataSync())).toEqual([1, -1]);
    expect(new Sgd().getConfig()).toEqual({});
  });
});
