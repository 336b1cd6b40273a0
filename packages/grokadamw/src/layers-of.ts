import type { Variable } from '@tensorflow/tfjs-core';

/** What is asked of a tf.layers model: its layers, from input to output, with the names of their weights. */
export interface LayeredModel {
  readonly layers: readonly { readonly weights: readonly { readonly name: string }[] }[];
}

/**
 * The layer of each parameter of a tf.layers model, for `layerOf`.
 *
 *     new GrokAdamW({ layerDecay: 'layer', layerOf: layersOf(model) })
 *
 * Counts from 0, in the model's order, the layers that have weights.
 *
 * @throws If `model` has no layers; when asked for a parameter that belongs to none.
 */
export function layersOf(model: LayeredModel): (param: Pick<Variable, 'name'>) => number {
  if (!Array.isArray(model?.layers)) {
    throw new Error(
      'layersOf: the model has no list of layers, expected a tf.layers model. For others pass a function of your own ' +
        'as layerOf.',
    );
  }
  const layers = new Map<string, number>();
  model.layers
    .filter(({ weights }) => weights.length > 0)
    .forEach(({ weights }, layer) => {
      for (const { name } of weights) if (!layers.has(name)) layers.set(name, layer);
    });
  return ({ name }) => {
    const layer = layers.get(name);
    if (layer !== undefined) return layer;
    throw new Error(
      `layersOf: parameter '${name}' belongs to no layer of the model, expected one of '${[...layers.keys()].join("', '")}'. ` +
        `Pass the model that is trained.`,
    );
  };
}
