import { modularArithmetic, oneHotInputs, oneHotLabels, trainTestSplit } from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';

export interface Project {
  /** Learns (a + b) mod this. */
  modulus: number;
  epochs: number;
  seed: number;
}

/** Accuracy on pairs the network has seen, and on new ones. */
export interface Epoch {
  epoch: number;
  seen: number;
  fresh: number;
}

/**
 * A tf.layers project as one finds them: a network, data, `compile`, `fit`. It knows nothing of Evenkeel; `variants.ts` hands it
 * another optimizer.
 */
export async function trainProject(
  optimizer: tf.Optimizer,
  { modulus, epochs, seed }: Project,
  onEpoch: (epoch: Epoch) => void,
): Promise<tf.LayersModel> {
  const pairs = modularArithmetic({ modulus, operation: 'add' });
  const { train, test } = trainTestSplit(pairs, { trainFraction: 0.4, seed });

  const dense = (units: number, layer: number, options: object = {}) =>
    tf.layers.dense({
      units,
      useBias: false,
      kernelInitializer: tf.initializers.varianceScaling({
        ...{ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform', seed: 10 * seed + layer },
      }),
      ...options,
    });
  const model = tf.sequential({
    layers: [
      dense(200, 1, { activation: 'relu', inputShape: [2 * modulus] }),
      dense(200, 2, { activation: 'relu' }),
      dense(modulus, 3), // logits
    ],
  });
  model.compile({ optimizer, loss: tf.losses.softmaxCrossEntropy, metrics: ['accuracy'] });

  const [x, y, newX, newY] = [
    oneHotInputs(train),
    oneHotLabels(train),
    oneHotInputs(test),
    oneHotLabels(test),
  ];
  await model.fit(x, y, {
    ...{ epochs, batchSize: train.size, shuffle: false, verbose: 0 },
    validationData: [newX, newY],
    validationBatchSize: test.size,
    callbacks: {
      onEpochEnd: (epoch, logs) => onEpoch({ epoch: epoch + 1, seen: logs!.acc, fresh: logs!.val_acc }),
    },
  } as tf.ModelFitArgs);
  tf.dispose([x, y, newX, newY]);
  return model;
}
