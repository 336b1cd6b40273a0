import { adamW, isMatrix, partition, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { rmsNorm } from '../test/tensors.js';
import { Muon, muon, muonWithAdamW, spectralSoftCap } from './index.js';

/** Weights of every kind: an embedding, a convolution, a matrix, biases. wasm has gradients of the last two only. */
function textModel(backend: string): tf.Sequential {
  const seed = 1;
  const kernelInitializer = tf.initializers.glorotNormal({ seed });
  const embeddingsInitializer = tf.initializers.randomNormal({ seed });
  const first =
    backend === 'wasm'
      ? [tf.layers.dense({ units: 6, activation: 'relu', kernelInitializer, inputShape: [6] })]
      : [
          tf.layers.embedding({ inputDim: 5, outputDim: 4, inputLength: 6, embeddingsInitializer }),
          tf.layers.reshape({ targetShape: [2, 3, 4] }),
          tf.layers.conv2d({ filters: 6, kernelSize: 2, activation: 'relu', kernelInitializer }),
          tf.layers.flatten(),
        ];
  return tf.sequential({ layers: [...first, tf.layers.dense({ units: 3, kernelInitializer })] });
}

const tokens = () =>
  tf.tensor2d(
    Array.from({ length: 48 }, (_, i) => (i * i + i) % 5),
    [8, 6],
  );
const targets = () => tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3);
const fit = async (model: tf.LayersModel, epochs: number) => {
  const { history } = await model.fit(tokens(), targets(), { epochs, verbose: 0, shuffle: false });
  return history.loss as number[];
};

async function reload(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const keep = tf.io.withSaveHandler(async (saved) => {
    artifacts = saved;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(keep, { includeOptimizer: true });
  return tf.loadLayersModel(tf.io.fromMemory(artifacts!));
}

describeOnBackends('Muon', (backend) => {
  it('trains a whole tf.layers model, is saved with it and goes on bit for bit', async () => {
    tf.serialization.registerClass(Muon);
    const model = textModel(backend);
    const options = { layout: 'inOut', learningRate: 0.02, adamW: { learningRate: 0.01 } } as const;
    model.compile({ optimizer: new Muon(options), loss: 'meanSquaredError' });
    const loss = await fit(model, 12);
    expect(loss.at(-1)).toBeLessThan(0.8 * loss[0]);

    const loaded = await reload(model);
    expect(loaded.optimizer).toBeInstanceOf(Muon);
    expect((loaded.optimizer as Muon).getConfig()).toEqual(options);
    for (const each of [model, loaded]) await fit(each, 3);
    const values = [model, loaded].map((each) => each.getWeights().map((weight) => weight.arraySync()));
    expect(values[1]).toEqual(values[0]);
    for (const each of [model, loaded]) {
      each.optimizer.dispose();
      each.dispose();
    }
  });

  it('steps as Muon on matrices and as AdamW on all else', () => {
    const names = [
      'dense/kernel',
      'dense/bias',
      'gpt/embed.weight',
      'gpt/head.weight',
      'embedding/embeddings_1',
    ];
    const params = names.map((name) =>
      tf.variable(tf.fill(name.endsWith('bias') ? [3] : [3, 3], 0.5), true, name),
    );
    const grads = Object.fromEntries(
      params.map(({ name, shape }, i) => [name, tf.randomNormal(shape, 0, 1, 'float32', i + 1)]),
    );
    const step = { count: 0, params: Object.fromEntries(params.map((param) => [param.name, param])) };
    const { updates } = muonWithAdamW({ learningRate: 0.1, adamW: { weightDecay: 0.2 } }).update(
      grads,
      {},
      step,
    );
    const only = (transform: ReturnType<typeof muon>, name: string) =>
      transform.update({ [name]: grads[name] }, {}, step).updates[name].dataSync();
    expectClose(updates['dense/kernel'], only(muon({ learningRate: 0.1 }), 'dense/kernel'), 0);
    for (const name of names.slice(1)) expectClose(updates[name], only(adamW({ weightDecay: 0.2 }), name), 0);
  });

  it('lets the matrices be chosen, and gives caps its promise', () => {
    const w = tf.variable(tf.zeros([6, 4]), true, 'w');
    const optimizer = new Muon(
      { learningRate: 0.2, matrices: ({ name }) => name === 'w' },
      spectralSoftCap(),
    );
    for (let i = 0; i < 9; i++) {
      optimizer.applyGradients([{ name: 'w', tensor: tf.randomNormal([6, 4], 1, 1, 'float32', 1) }]);
    }
    expect(rmsNorm(w)).toBeLessThanOrEqual(1);
    expect(rmsNorm(w)).toBeGreaterThan(0.9);
    expect(() => optimizer.getConfig()).toThrow("Muon: option 'matrices' is a function");
    optimizer.dispose();
  });

  it('is what the error of muon advises, and so is partition: both train where muon alone refuses', async () => {
    const remedies = {
      muonWithAdamW: () => muonWithAdamW({ layout: 'inOut' }),
      partition: () =>
        partition({ muon: muon({ layout: 'inOut' }), adam: adamW() }, (param) =>
          isMatrix(param) ? 'muon' : 'adam',
        ),
    };
    const model = textModel(backend);
    const alone = new TransformOptimizer(muon({ layout: 'inOut' }));
    model.compile({ optimizer: alone, loss: 'meanSquaredError' });
    const error = await fit(model, 1).catch((error: Error) => error.message);
    for (const remedy of Object.keys(remedies)) expect(error).toContain(remedy);
    expect(error).toMatch(/^muon: parameter '.*bias.*' has shape \[\d\]/);
    for (const remedy of Object.values(remedies)) {
      const optimizer = new TransformOptimizer(remedy());
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const loss = await fit(model, 12);
      expect(loss.at(-1)).toBeLessThan(0.9 * loss[0]);
      optimizer.dispose();
    }
    alone.dispose();
    model.dispose();
  });
});
