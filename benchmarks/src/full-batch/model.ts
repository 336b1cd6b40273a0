import { type Examples, vocabulary } from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { Mlp } from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import type { Network } from './settings.js';

/** From a batch to one row of logits per example. */
export interface Classifier {
  readonly variables: readonly tf.Variable[];
  forward(inputs: tf.Tensor): tf.Tensor;
  dispose(): void;
}

export function classifier(network: Network, examples: Examples, seed: number): Classifier {
  if (network.kind === 'transformer') return transformer(network, examples, seed);
  const { width, values, classes } = examples;
  const inputs = values === 2 && classes === 2 ? width : width * values;
  return new Mlp({ widths: [inputs, ...network.hidden, classes], activation: 'relu', bias: false, seed });
}

/** The answer is read at the last position, '='. */
function transformer(
  { layers, heads, width }: Network & { kind: 'transformer' },
  examples: Examples,
  seed: number,
): Classifier {
  const tokens = vocabulary(examples).length;
  const contextLength = examples.operator === undefined ? examples.width + 1 : 2 * examples.width;
  const model = new GPT(
    {
      architecture: 'gpt2',
      vocabSize: tokens,
      ...{ contextLength, layers, heads, width },
      norm: 'none',
      finalNorm: false,
      activation: 'relu',
      tiedHead: false,
      qkvBias: false,
      attentionOutBias: false,
      mlpBias: false,
    },
    { seed, name: 'transformer' },
  );
  return {
    variables: model.variables,
    forward: (inputs) =>
      tf.tidy(() => tf.reshape(model.forward(inputs, { lastOnly: true }), [inputs.shape[0], tokens])),
    dispose: () => model.dispose(),
  };
}
