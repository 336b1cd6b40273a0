import { type Digits, loadMnist } from '@evenkeel/example-common/mnist';
import { adversarialAccuracy, certifiedRadius } from '@evenkeel/lipschitz';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { type Activation, Mlp } from './mlp.js';
import { RECIPES, type RecipeName } from './recipes.js';

/** Pixels of an image, 28 × 28. */
const PIXELS = 784;

/** The same for all recipes. */
export interface Settings {
  /** Width of each hidden layer. */
  hidden: readonly number[];
  activation: Activation;
  steps: number;
  batchSize: number;
  /** How many of the 60 000 training images to use. */
  trainImages: number;
  /** How many of the 10 000 test images to attack. */
  attackedImages: number;
  /** How far an attack may move an image, as Euclidean length. An image is about 9 long. */
  radii: readonly number[];
}

/** One recipe at one level from one seed. Plain JSON. */
export interface Run {
  recipe: RecipeName;
  /** The recipe's weight decay or cap. */
  level: number;
  seed: number;
  settings: Settings;
}

export interface Result {
  /** Share of all test images told right. */
  accuracy: number;
  /** Proven: moving an image by a length of r moves its logits by at most `lipschitz` · r. */
  lipschitz: number;
  /** RMS→RMS norm of each weight, bounded from above. */
  norms: number[];
  /** Share of the attacked images still told right, per radius. */
  attacked: number[];
  /** Share of all test images that no attack of this radius can change, and that are told right. Per radius. */
  certified: number[];
}

/** What a run tells on its way. */
export type Progress = { step: number; loss: number } | { result: Result };

/** Trains from a seed and measures. */
export async function* execute({ recipe, level, seed, settings }: Run): AsyncGenerator<Progress> {
  const { hidden, activation, steps, batchSize } = settings;
  const [digits, unseen] = [
    await loadMnist('train', { count: settings.trainImages }),
    await loadMnist('test'),
  ];
  const model = new Mlp([PIXELS, ...hidden, 10], seed, activation);
  const optimizer = RECIPES[recipe].optimizer(level, steps);
  try {
    for (let step = 1; step <= steps; step++) {
      const loss = tf.tidy(() => {
        const [x, y] = drawBatch(digits, batchSize, seed * steps + step);
        const value = optimizer.minimize(() => sparseSoftmaxCrossEntropy(y, model.forward(x)), true, [
          ...model.weights,
        ])!;
        return value.dataSync()[0];
      });
      yield { step, loss };
    }
    yield { result: measure(model, unseen, settings) };
  } finally {
    optimizer.dispose();
    model.dispose();
    tf.dispose([digits.images, digits.labels, unseen.images, unseen.labels]);
  }
}

/** Images [batch, pixels] and labels [batch], drawn with replacement. */
function drawBatch({ images, labels }: Digits, batchSize: number, seed: number): [tf.Tensor2D, tf.Tensor1D] {
  const chosen = tf.randomUniform<tf.Rank.R1>([batchSize], 0, labels.size, 'int32', seed);
  return [tf.gather(images, chosen), tf.gather(labels, chosen)];
}

function measure(model: Mlp, { images, labels }: Digits, { radii, attackedImages }: Settings): Result {
  const certificate = model.certificate();
  return tf.tidy(() => {
    const logits = model.forward(images);
    const isRight = tf.equal(tf.argMax(logits, 1), labels).dataSync();
    // Certificates count in RMS, per pixel; √784 times as much is the length of the move.
    const safe = tf.mul(certifiedRadius(logits, certificate), Math.sqrt(PIXELS)).dataSync();
    const share = (isCounted: (image: number) => boolean) =>
      Array.from(safe).filter((_, image) => isCounted(image)).length / labels.size;
    const attacked = adversarialAccuracy(
      model.forward,
      tf.slice(images, [0, 0], [attackedImages, PIXELS]),
      tf.slice(labels, 0, attackedImages),
      { radii: [...radii], norm: 'l2', range: [0, 1] },
    );
    return {
      accuracy: share((i) => isRight[i] === 1),
      lipschitz: certificate.lipschitz * Math.sqrt(10 / PIXELS),
      norms: certificate.layers.map(({ norms }) => Math.max(...Object.values(norms))),
      attacked: attacked.map(({ accuracy }) => accuracy),
      certified: radii.map((radius) => share((i) => isRight[i] === 1 && safe[i] >= radius)),
    };
  });
}
