import * as tf from '@tensorflow/tfjs';

/** A compiled tf.layers model and data in its shape. Nothing in it knows of Evenkeel. */
export interface Task {
  model: tf.Sequential;
  x: tf.Tensor;
  y: tf.Tensor;
  batchSize: number;
}

/** Classifies 4 096 vectors of MNIST's size. */
export function mlp(): Task {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [784], units: 256, activation: 'relu' }),
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomUniform([4096, 784], 0, 1, 'float32', 1);
  return { model, x, y: tf.oneHot(tf.randomUniform([4096], 0, 10, 'int32', 2), 10), batchSize: 64 };
}

const [VOCABULARY, LENGTH] = [5000, 64];

/** Classifies 2 048 texts of 64 words by the average of their embeddings. */
export function textClassifier(): Task {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: VOCABULARY, outputDim: 64, inputLength: LENGTH }),
      tf.layers.globalAveragePooling1d({}),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomUniform([2048, LENGTH], 0, VOCABULARY, 'int32', 1);
  return { model, x, y: tf.cast(tf.randomUniform([2048, 1], 0, 2, 'int32', 2), 'float32'), batchSize: 64 };
}

/** Classifies 512 pictures of 28 × 28 pixels by two convolutions. */
export function convolutions(): Task {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 16, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomUniform([512, 28, 28, 1], 0, 1, 'float32', 1);
  return { model, x, y: tf.oneHot(tf.randomUniform([512], 0, 10, 'int32', 2), 10), batchSize: 64 };
}

/** Classifies 256 series of 32 steps by an LSTM. */
export function lstm(): Task {
  const model = tf.sequential({
    layers: [
      tf.layers.lstm({ inputShape: [32, 16], units: 64, recurrentInitializer: 'glorotNormal' }),
      tf.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomUniform([256, 32, 16], -1, 1, 'float32', 1);
  return { model, x, y: tf.cast(tf.randomUniform([256, 1], 0, 2, 'int32', 2), 'float32'), batchSize: 64 };
}
