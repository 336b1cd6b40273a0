import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { layerFromName, layersOf } from './index.js';

describe('layersOf', () => {
  it('counts the layers of a tf.layers model that have weights, whatever their names', () => {
    const build = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 2, inputShape: [3] }),
          tf.layers.activation({ activation: 'relu' }),
          tf.layers.dense({ units: 2, useBias: false }),
        ],
      });
    build().dispose(); // so that tf.layers does not begin to count at 1
    const model = build();
    const layerOf = layersOf(model);
    expect(model.weights.map(({ name }) => layerOf({ name }))).toEqual([0, 0, 1]);
    expect(() => layerOf({ name: 'other/kernel' })).toThrow(
      "layersOf: parameter 'other/kernel' belongs to no layer of the model",
    );
    model.dispose();
  });

  it('refuses what is no tf.layers model', () => {
    expect(() => layersOf({} as never)).toThrow('layersOf: the model has no list of layers');
  });
});

describe('layerFromName', () => {
  it.each([
    ['blocks.3.attention.query.weight', 3],
    ['model/h.11.mlp.c_fc.weight', 11],
    ['gpt2_1.layers.2.norm1.weight', 2],
    ['dense_2/kernel', 2],
    ['dense_Dense14/bias', 14],
    ['conv2d_Conv2D3/kernel', 3],
    ['tokens.weight', 0],
    // What tf.layers makes of a name while the model it was loaded from is alive.
    ['hidden/kernel_1', 0],
    ['dense_Dense14/bias_2', 14],
    ['h2o.layers.3.mlp', 3],
  ])('%s → %i', (name, layer) => {
    expect(layerFromName({ name })).toBe(layer);
  });
});
