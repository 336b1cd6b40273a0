import { softmaxCollapse, sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../recorded/backend.js';
import { type Curve, thin } from '../recorded/curve.js';
import type { Surroundings } from '../recorded/result.js';
import { type Curves, trainResumably } from '../recorded/train-resumably.js';
import { fullBatches } from './data.js';
import { classifier } from './model.js';
import { optimizerFor } from './optimizer.js';
import type { Settings } from './settings.js';
import { softmaxCrossEntropy64 } from './softmax-float64.js';

/** What a full-batch run gave. */
export interface Measured {
  /** First epoch, of those looked at, with at least the threshold of test accuracy. */
  generalisedAt: number | null;
  bestTestAccuracy: number;
  finalTestAccuracy: number;
  finalTrainAccuracy: number;
  finalTrainLoss: number;
  /** Largest share of training examples whose float32 softmax gradient has vanished. */
  largestCollapse: number;
  curves: { testAccuracy: Curve; trainAccuracy: Curve; trainLoss: Curve; collapse: Curve };
}

/** Epochs between two looks. */
const LOOK_EVERY = 10;

const LOSSES = {
  softmax: sparseSoftmaxCrossEntropy,
  'softmax-float64': softmaxCrossEntropy64,
  stablemax: sparseStablemaxCrossEntropy,
} as const;

/** Full-batch training, one step an epoch. */
export async function executeFullBatch(
  { settings, seed }: { settings: Settings; seed: number },
  surroundings: Surroundings,
): Promise<Measured> {
  await useBackend(settings.kernels);
  const { train, test, examples } = fullBatches(settings.task, settings.network, seed);
  const model = classifier(settings.network, examples, seed);
  const loss = LOSSES[settings.loss];
  const curves: Curves = {};
  const optimizer = optimizerFor(settings, curves);
  const look = () => ({
    ...scalars(() => {
      const logits = model.forward(train.inputs);
      return {
        trainLoss: loss(train.targets, logits),
        trainAccuracy: accuracy(train.targets, logits),
        collapse: softmaxCollapse(train.targets, logits),
      };
    }),
    ...scalars(() => {
      const logits = model.forward(test.inputs);
      return { testLoss: loss(test.targets, logits), testAccuracy: accuracy(test.targets, logits) };
    }),
  });
  try {
    await trainResumably({
      surroundings,
      curves,
      saveEvery: 500,
      optimizer,
      variables: model.variables,
      step: () => tf.tidy(() => loss(train.targets, model.forward(train.inputs))),
      data: [{ inputs: train.inputs }],
      steps: settings.epochs,
      logEvery: settings.epochs,
      evaluate: { run: look, every: LOOK_EVERY },
      callbacks: [
        {
          onEvaluate: ({ testAccuracy }, run) => {
            if (settings.stopsThere && testAccuracy >= settings.threshold) run.stop('generalised');
          },
        },
      ],
    });
  } finally {
    optimizer.dispose();
    model.dispose();
    tf.dispose([train, test]);
  }
  return summary(curves, settings.threshold);
}

function summary(curves: Curves, threshold: number): Measured {
  const { testAccuracy, trainAccuracy, trainLoss, collapse } = curves;
  const at = testAccuracy.values.findIndex((accuracy) => accuracy >= threshold);
  return {
    generalisedAt: at < 0 ? null : testAccuracy.steps[at],
    bestTestAccuracy: Math.max(...testAccuracy.values),
    finalTestAccuracy: testAccuracy.values.at(-1)!,
    finalTrainAccuracy: trainAccuracy.values.at(-1)!,
    finalTrainLoss: trainLoss.values.at(-1)!,
    largestCollapse: Math.max(...collapse.values),
    curves: {
      testAccuracy: thin(testAccuracy),
      trainAccuracy: thin(trainAccuracy),
      trainLoss: thin(trainLoss),
      collapse: thin(collapse),
    },
  };
}

const accuracy = (labels: tf.Tensor, logits: tf.Tensor): tf.Scalar =>
  tf.mean(tf.equal(tf.argMax(logits, -1), labels));

function scalars(compute: () => Record<string, tf.Tensor>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(tf.tidy(compute)).map(([name, tensor]) => {
      const [value] = tensor.dataSync();
      tensor.dispose();
      return [name, value];
    }),
  );
}
