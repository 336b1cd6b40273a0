import type { serialization, Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { checkStablemaxOptions, type StablemaxOptions } from './options.js';
import { stablemax } from './stablemax.js';

/** What tf.layers takes for every layer, and StableMax's own. */
export interface StablemaxLayerArgs extends StablemaxOptions {
  /** The axis that holds the classes. Default: the last. */
  axis?: number;
  name?: string;
}

/**
 * StableMax as the last layer of a tf.layers model, in place of a softmax activation.
 *
 *     tf.sequential({ layers: [..., tf.layers.dense({ units: 10 }), new Stablemax()] })
 *
 * For training, prefer `stablemaxCrossEntropy` on the logits: a loss on probabilities has lost the digits of
 * those that round to 1. Call `tf.serialization.registerClass(Stablemax)` before loading a saved model.
 */
export class Stablemax extends layers.Layer {
  /** The name in saved models. */
  static get className(): string {
    return 'Stablemax';
  }

  private readonly axis: number;
  private readonly options: StablemaxOptions;

  /** @throws If an option is out of range. */
  constructor({ axis = -1, clampMin, epsilon, ...layerArgs }: StablemaxLayerArgs = {}) {
    super(layerArgs);
    this.supportsMasking = true;
    this.axis = axis;
    this.options = { clampMin, epsilon };
    checkStablemaxOptions('Stablemax', this.options);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return stablemax(Array.isArray(inputs) ? inputs[0] : inputs, this.axis, this.options);
  }

  override computeOutputShape(inputShape: (number | null)[]): (number | null)[] {
    return inputShape;
  }

  override getConfig(): serialization.ConfigDict {
    const { clampMin, epsilon } = this.options;
    return {
      ...super.getConfig(),
      axis: this.axis,
      ...(clampMin === undefined ? {} : { clampMin }),
      ...(epsilon === undefined ? {} : { epsilon }),
    };
  }
}
