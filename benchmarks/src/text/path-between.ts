import { GPT, type GPTConfig } from '@evenkeel/gpt-model';
import { errorAlongPath, type Path, type Weights } from '@evenkeel/mode-connectivity';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { type Window, windowsAt } from './windows.js';

export interface PathBetweenOptions {
  readonly training: ArrayLike<number>;
  readonly validation: ArrayLike<number>;
  /** Characters of each part on which a point is measured. */
  readonly measured: number;
  /** Points of the path. */
  readonly alphas: number;
}

/** Loss and error on the straight line between two models of text, each point on the same rows, spread over each part. */
export async function pathBetween(
  config: GPTConfig,
  weightsA: Weights,
  weightsB: Weights,
  { training, validation, measured, alphas }: PathBetweenOptions,
): Promise<Path> {
  const model = new GPT(config, { name: 'between' });
  const rows = (part: ArrayLike<number>) => spreadOver(part, measured, config.contextLength);
  const data = { training: [rows(training)], validation: [rows(validation)] };
  try {
    return await errorAlongPath<Window>(weightsA, weightsB, {
      variables: Object.fromEntries(model.parameters),
      measure: ({ inputs, targets }) => {
        const logits = model.forward(inputs);
        return {
          loss: sparseSoftmaxCrossEntropy(targets, logits),
          error: tf.sub(1, tf.mean(tf.equal(tf.argMax(logits, -1), targets))) as tf.Scalar,
        };
      },
      data,
      alphas,
    });
  } finally {
    model.dispose();
    for (const windows of Object.values(data)) for (const window of windows) tf.dispose({ ...window });
  }
}

/** Rows of `length` tokens at equal distances, `measured` tokens in all. */
export function spreadOver(part: ArrayLike<number>, measured: number, length: number): Window {
  const count = Math.floor(Math.min(measured, part.length - 1) / length);
  const stride = Math.floor((part.length - 1) / count);
  return windowsAt(
    part,
    Array.from({ length: count }, (_, i) => i * stride),
    length,
  );
}
