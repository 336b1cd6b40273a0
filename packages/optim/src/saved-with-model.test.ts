import {
  AdamW,
  clipByGlobalNorm,
  momentum,
  sgd,
  TransformOptimizer,
  WithAverage,
  withAverage,
  withTransform,
  withTransformClass,
} from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { reload } from '../test/reload.js';

// Optimizers around others, and losses that are functions, in tf.layers' model.save(url, { includeOptimizer: true }).

const x = () => tf.tensor2d([[1, 0], [0, 1], [1, 1], [0, 0]]); // biome-ignore format: a table
const y = () => tf.tensor2d([[1], [2], [3], [0]]);
const fit = (model: tf.LayersModel) => model.fit(x(), y(), { epochs: 4, verbose: 0, shuffle: false });

type Loss = Parameters<tf.LayersModel['compile']>[0]['loss'];

function compiled(optimizer: tf.Optimizer, loss: Loss = 'meanSquaredError'): tf.LayersModel {
  const kernel = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, activation: 'tanh', inputShape: [2], kernelInitializer: kernel(1) }),
      tf.layers.dense({ units: 1, kernelInitializer: kernel(2) }),
    ],
  });
  model.compile({ optimizer, loss });
  return model;
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => weight.arraySync());

class Clipped extends withTransformClass('Clipped', (options: { maxNorm?: number; decay?: number } = {}) =>
  options.decay === undefined ? clipByGlobalNorm(options.maxNorm ?? 1) : momentum(options.decay),
) {}

const optimizers: [string, () => tf.Optimizer, object][] = [
  [
    'withAverage',
    () => withAverage(new AdamW({ learningRate: 0.05 }), { decay: 0.75 }),
    { optimizer: { className: 'AdamW', config: { learningRate: 0.05 } }, decay: 0.75 },
  ],
  [
    'withTransformClass',
    () => new Clipped(new AdamW({ learningRate: 0.05 }), { decay: 0.5 }),
    { optimizer: { className: 'AdamW', config: { learningRate: 0.05 } }, options: { decay: 0.5 } },
  ],
  [
    'both, around an optimizer of tfjs',
    () => withAverage(new Clipped(tf.train.sgd(0.1), { maxNorm: 0.5 })),
    {
      optimizer: {
        className: 'Clipped',
        config: { optimizer: { className: 'SGD', config: { learningRate: 0.1 } }, options: { maxNorm: 0.5 } },
      },
      decay: 0.999,
    },
  ],
];

describeOnBackends('an optimizer around another one', () => {
  it.each(optimizers)('%s is saved with a model and goes on bit for bit', async (_, make, config) => {
    for (const cls of [AdamW, WithAverage, Clipped]) tf.serialization.registerClass(cls as typeof AdamW);
    const model = compiled(make());
    await fit(model);
    const loaded = await reload(model);
    expect(loaded.optimizer.constructor).toBe(model.optimizer.constructor);
    expect(loaded.optimizer.getConfig()).toEqual(config);

    for (const each of [model, loaded]) await fit(each);
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    // `instanceof` takes any optimizer of tfjs for any other.
    if ('averaged' in model.optimizer) {
      const averagesOf = (each: tf.LayersModel) =>
        (each.optimizer as WithAverage).averaged(() => weightsOf(each));
      expect(await averagesOf(loaded)).toEqual(await averagesOf(model));
      expect(await averagesOf(model)).not.toEqual(weightsOf(model));
    }
    for (const each of [model, loaded]) {
      each.optimizer.dispose();
      each.dispose();
    }
  });

  it('is not saved where what it is around is not, and says what to register', () => {
    const chained = new TransformOptimizer(sgd({ learningRate: 1 }));
    expect(() => withAverage(chained).getConfig()).toThrow('expected a class made with optimizerClass()');
    expect(() => withTransform(chained, clipByGlobalNorm(1)).getConfig()).toThrow('withTransformClass()');
    const scheduled = new Clipped(new AdamW({ learningRate: () => 1 }));
    expect(() => scheduled.getConfig()).toThrow("AdamW: option 'learningRate' is a function");
    const nobody = { className: 'Nobody', config: {} };
    expect(() => WithAverage.fromConfig(WithAverage as never, { optimizer: nobody, decay: 0.5 })).toThrow(
      "withAverage: the saved optimizer is around a 'Nobody', expected that class to be registered.",
    );
  });
});

describeOnBackends('a model whose loss is a function', () => {
  it('goes on bit for bit once it is compiled with its own optimizer and the loss', async () => {
    tf.serialization.registerClass(AdamW);
    const loss = (labels: tf.Tensor, outputs: tf.Tensor) => tf.mean(tf.abs(tf.sub(labels, outputs)));
    const model = compiled(new AdamW({ learningRate: 0.05 }), loss);
    await fit(model);
    const loaded = await reload(model);
    // No file holds a function. The optimizer keeps what it remembers.
    loaded.compile({ optimizer: loaded.optimizer, loss });

    for (const each of [model, loaded]) await fit(each);
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    for (const each of [model, loaded]) {
      each.optimizer.dispose();
      each.dispose();
    }
  });
});
