import { readFileSync } from 'node:fs';
import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { describeKernels } from '../test/describe-kernels.js';
import { wholeNumbers } from '../test/reference.js';
import { kernels } from './kernels/index.js';

const names = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);

/** What the cpu backend has and tfjs's own wasm backend lacks; read before anything is installed. */
const stock = new Set(names('wasm'));
const lacking = names('cpu')
  .filter((name) => !stock.has(name))
  .sort();

/** Kernels of complex and ragged tensors, strings and drawing: no dense, embedding, conv or norm layer trains with them. */
const NOT_FOR_LAYERS = [
  ...['Complex', 'ComplexAbs', 'FFT', 'IFFT', 'Imag', 'Real', 'Draw'],
  ...['RaggedGather', 'RaggedRange', 'RaggedTensorToTensor', 'StaticRegexReplace'],
];

it('every kernel that layers need, the cpu backend has and tfjs lacks on wasm, is among ours', () => {
  const ours = new Set(kernels.map(({ name }) => name));
  expect(lacking.filter((name) => ours.has(name))).toEqual([
    'Conv2DBackpropFilter',
    'DepthwiseConv2dNativeBackpropFilter',
    'DepthwiseConv2dNativeBackpropInput',
    'Einsum',
    'UnsortedSegmentSum',
  ]);
  expect(lacking.filter((name) => !ours.has(name)).sort()).toEqual([...NOT_FOR_LAYERS].sort());
});

it('the README lists the kernels that are still missing', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const listed = /Still missing on wasm[^:]*:([^.]*)\./.exec(readme)![1];
  expect([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...NOT_FOR_LAYERS].sort());
});

type Layer = tf.layers.Layer;
const { layers } = tf;
const same = { padding: 'same' } as const;
const conv = { filters: 5, kernelSize: 3 };

/** Layers by name, each with the shape of an example. */
const CASES: [name: string, input: number[], make: () => Layer[]][] = [
  ['dense', [7], () => [layers.dense({ units: 5, activation: 'tanh' })]],
  ['embedding', [4], () => [layers.embedding({ inputDim: 9, outputDim: 5 })]],
  ['flatten', [3, 4], () => [layers.dense({ units: 3 }), layers.flatten()]],
  ['dropout', [7], () => [layers.dense({ units: 5 }), layers.dropout({ rate: 0.5, seed: 1 })]],
  ['conv1d', [9, 3], () => [layers.conv1d({ ...conv, strides: 2, ...same })]],
  ['conv2d, valid', [7, 6, 3], () => [layers.conv2d({ ...conv, activation: 'relu' })]],
  ['conv2d, same, strides', [7, 6, 3], () => [layers.conv2d({ ...conv, strides: [2, 1], ...same })]],
  [
    'conv2d, strides past pixels',
    [6, 6, 3],
    () => [layers.conv2d({ ...conv, kernelSize: 2, strides: 3, ...same })],
  ],
  ['conv2d of conv2d', [7, 6, 3], () => [layers.conv2d(conv), layers.conv2d({ ...conv, filters: 2 })]],
  ['conv2dTranspose', [4, 3, 3], () => [layers.conv2dTranspose({ ...conv, strides: 2, ...same })]],
  ['depthwiseConv2d', [7, 6, 3], () => [layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 })]],
  [
    'depthwiseConv2d, same, strides',
    [7, 6, 4],
    () => [layers.depthwiseConv2d({ kernelSize: 3, strides: 2, ...same })],
  ],
  [
    'separableConv2d',
    [7, 6, 3],
    () => [layers.separableConv2d({ ...conv, ...same }), layers.separableConv2d(conv)],
  ],
  ['maxPooling2d', [7, 6, 3], () => [layers.conv2d(conv), layers.maxPooling2d({ poolSize: 2, strides: 1 })]],
  [
    'maxPooling2d, same',
    [7, 6, 3],
    () => [layers.conv2d(conv), layers.maxPooling2d({ poolSize: 2, ...same })],
  ],
  ['maxPooling1d', [9, 3], () => [layers.conv1d(conv), layers.maxPooling1d({ poolSize: 2 })]],
  [
    'averagePooling2d',
    [7, 6, 3],
    () => [layers.conv2d(conv), layers.averagePooling2d({ poolSize: 2, ...same })],
  ],
  ['globalAveragePooling2d', [7, 6, 3], () => [layers.conv2d(conv), layers.globalAveragePooling2d({})]],
  ['globalAveragePooling1d', [7, 3], () => [layers.conv1d(conv), layers.globalAveragePooling1d()]],
  ['globalMaxPooling2d', [7, 6, 3], () => [layers.conv2d(conv), layers.globalMaxPooling2d({})]],
  ['batchNormalization', [7, 6, 3], () => [layers.conv2d(conv), layers.batchNormalization()]],
  ['batchNormalization of dense', [7], () => [layers.dense({ units: 5 }), layers.batchNormalization()]],
  ['layerNormalization', [6, 7], () => [layers.dense({ units: 5 }), layers.layerNormalization()]],
  ['zeroPadding2d', [5, 4, 3], () => [layers.conv2d(conv), layers.zeroPadding2d()]],
  ['upSampling2d', [5, 4, 3], () => [layers.conv2d(conv), layers.upSampling2d({ size: [2, 3] })]],
];

/** The batch that the layers train on; tfjs's cpu kernel of upSampling2d's gradient is wrong for more than 1. */
const batchOf = (name: string) => (name === 'upSampling2d' ? 1 : 3);

/** Loss and every gradient of one training step, and the weights after it, on a backend. */
function step(backend: string, name: string, input: number[], make: () => Layer[]) {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const model = tf.sequential();
    const [first, ...rest] = make();
    const entry = layers.inputLayer({ inputShape: input, dtype: name === 'embedding' ? 'int32' : 'float32' });
    for (const layer of [entry, first, ...rest]) model.add(layer);
    model.setWeights(
      model.getWeights().map((w, i) => {
        const value = tf.div(wholeNumbers(w.shape, i + 3), 8);
        return w.rank === 1 && i >= 2 ? tf.add(tf.abs(value), 0.5) : value; // variances are positive
      }),
    );
    const x = wholeNumbers([batchOf(name), ...input], 1);
    const data = name === 'embedding' ? tf.cast(tf.abs(x), 'int32') : x;
    const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
    const loss = () => {
      const y = model.apply(data, { training: true }) as tf.Tensor;
      return tf.mean(tf.square(tf.sub(y, tf.div(wholeNumbers(y.shape, 2), 3)))) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(loss, variables);
    const result = [value, ...variables.map((v) => grads[v.name])].map((t) => ({
      shape: t.shape,
      values: t.dataSync(),
    }));
    model.dispose();
    return result;
  });
}

describeKernels('tf.layers', () => {
  it.each(CASES)('%s trains as on the cpu backend: the loss and every gradient', (name, input, make) => {
    let expected: ReturnType<typeof step>;
    try {
      expected = step('cpu', name, input, make);
    } finally {
      tf.setBackend('wasm');
    }
    const found = step('wasm', name, input, make);
    expect(found.length).toBeGreaterThan(1);
    expect(found.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    found.forEach(({ values }, i) => {
      expect(
        values.some((v) => v !== 0),
        'some gradient',
      ).toBe(true);
      expectClose(values, expected[i].values, { rtol: 1e-4, atol: 1e-5 });
    });
  });

  it('trains a small network for images through fit, with constant memory', async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [8, 8, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
        layers.depthwiseConv2d({ kernelSize: 3, ...same }),
        layers.batchNormalization(),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dropout({ rate: 0.1, seed: 1 }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    const optimizer = tf.train.adam(0.02);
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
    // Whether the upper or the lower half of the image is brighter.
    const [x, y] = tf.tidy(() => {
      const images = tf.randomUniform([64, 8, 8, 1], 0, 1, 'float32', 1);
      const [upper, lower] = tf.split(tf.sum(images, [2, 3]), 2, 1).map((half) => tf.sum(half, 1));
      return [images, tf.cast(tf.greater(upper, lower), 'float32')];
    });
    const { history } = await model.fit(x, y, { epochs: 10, batchSize: 16, shuffle: false, verbose: 0 });
    expect(history.loss[9] as number).toBeLessThan(0.7 * (history.loss[0] as number));
    const before = tf.memory();
    await model.fit(x, y, { epochs: 2, batchSize: 16, shuffle: false, verbose: 0 });
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
    optimizer.dispose();
    model.dispose();
  });
});
