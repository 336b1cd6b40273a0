import type { TokenBatch, TokenDataset } from '@evenkeel/data';
import type { GPT } from '@evenkeel/gpt-model';
import {
  activationMonitor,
  adversarialAccuracy,
  certifiedRadius,
  describeGPT,
  empiricalLipschitz,
  lipschitzCertificate,
  publishedLipschitzEstimate,
} from '@evenkeel/lipschitz';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { train } from '@evenkeel/trainer';
import * as tf from '@tensorflow/tfjs';

/** Attacks move each embedded character by these shares of the embeddings' RMS; 0 is the same text as it is. */
export const ATTACK_RADII = [0, 0.05, 0.2];

/** Radii are certified up to this share of the embeddings' RMS: a transformer's bound is about a ball. */
const LARGEST_RADIUS = 0.1;

/** Bounds that logits are scaled to, which changes no prediction, to see what loss that costs. */
export const BOUNDS = [2, 3.5, 13, 150];

/** What is measured once a model is trained. */
export interface Measurements {
  /** Over the whole validation text. */
  validationLoss: number;
  validationAccuracy: number;
  /** The loss if all logits are multiplied by BOUNDS[i] / L, so that the certificate is BOUNDS[i]; null without certificate. */
  lossAtBounds: number[] | null;
  /** log₁₀ of the proven Lipschitz bound, and of the published formula; null where none is known. */
  log10Certificate: number | null;
  log10Published: number | null;
  /** The largest RMS of an embedding: L · this is comparable between models whose embeddings differ in size. */
  embeddingRms: number;
  /** The largest gain that was found: no bound can be below. Per RMS of the embedding as it is. */
  found: number;
  /** Median over right predictions of the radius within which they are proven not to change, as share of the embeddings' RMS; at most 0.1. */
  certifiedRadius: number | null;
  largestActivation: number;
  /** The share of activations that e4m3 holds. */
  fp8Activations: number;
  /** Accuracy with weights and activations rounded to e4m3 before every product, over 2 batches. */
  fp8Accuracy: number;
  /** The same batches without rounding. */
  sameBatchesAccuracy: number;
  /** Accuracy under attack, per radius; 4 rows of text. */
  attacked: number[];
}

export async function measure(model: GPT, validation: TokenDataset): Promise<Measurements> {
  const batches: TokenBatch[] = [];
  for await (const batch of validation.pass()) batches.push(batch);
  try {
    const certified = model.config.norm === 'none' ? certify(model) : undefined;
    const factors = certified ? BOUNDS.map((bound) => bound / certified.lipschitz) : [];
    const { loss, accuracy, scaled } = overall(model, batches, factors);
    return {
      validationLoss: loss,
      validationAccuracy: accuracy,
      lossAtBounds: certified ? scaled : null,
      embeddingRms: largestEmbedding(model),
      log10Certificate: certified?.log10Certificate ?? null,
      log10Published: certified?.log10Published ?? null,
      certifiedRadius: certified ? medianRadius(model, batches.slice(0, 4)) : null,
      ...activations(model, batches.slice(0, 1)),
      fp8Accuracy: await accuracyIn('e4m3', model, batches.slice(0, 2)),
      sameBatchesAccuracy: overall(model, batches.slice(0, 2)).accuracy,
      ...attack(model, batches[0]),
    };
  } finally {
    tf.dispose(batches.flatMap(({ inputs, targets }) => [inputs, targets]));
  }
}

function certify(model: GPT) {
  const { lipschitz, log10Lipschitz } = lipschitzCertificate(model);
  return {
    lipschitz,
    log10Certificate: log10Lipschitz,
    log10Published: publishedLipschitzEstimate(describeGPT(model)).log10Lipschitz,
  };
}

/** Mean loss and accuracy, each character counting the same; `scaled` is the loss with logits times each factor. */
function overall(model: GPT, batches: readonly TokenBatch[], factors: readonly number[] = []) {
  let [right, count] = [0, 0];
  const losses = [1, ...factors].map(() => 0);
  for (const { inputs, targets } of batches) {
    tf.tidy(() => {
      const logits = model.forward(inputs);
      [1, ...factors].forEach((factor, i) => {
        losses[i] += sparseSoftmaxCrossEntropy(targets, tf.mul(logits, factor)).dataSync()[0] * inputs.size;
      });
      right += tf.sum(tf.cast(tf.equal(tf.argMax(logits, -1), targets), 'float32')).dataSync()[0];
      count += inputs.size;
    });
  }
  const [loss, ...scaled] = losses.map((sum) => sum / count);
  return { loss, accuracy: right / count, scaled };
}

function medianRadius(model: GPT, batches: readonly TokenBatch[]): number {
  const rms = embeddingRms(model, batches[0].inputs);
  const inputRms = largestEmbedding(model) + LARGEST_RADIUS * rms;
  const { lipschitz } = lipschitzCertificate(model, { inputRms });
  if (!Number.isFinite(lipschitz)) return 0;
  const radii = batches.flatMap(({ inputs, targets }) =>
    tf.tidy(() => {
      const logits = model.forward(inputs);
      const right = tf.equal(tf.argMax(logits, -1), targets).dataSync();
      return Array.from(certifiedRadius(logits, lipschitz).dataSync()).filter((_, i) => right[i] === 1);
    }),
  );
  const median = radii.sort((a, b) => a - b)[Math.floor(radii.length / 2)] / rms;
  return Math.min(median, LARGEST_RADIUS);
}

function activations(model: GPT, batches: readonly TokenBatch[]) {
  const report = activationMonitor(
    (tap) => {
      for (const { inputs } of batches) {
        model.forward(inputs, { observe: (name, x) => void (name === 'logits' || tap(name, x)) });
      }
    },
    { formats: ['e4m3'] },
  );
  const entries = report.activations.reduce((sum, one) => sum + one.entries, 0);
  const held = report.activations.reduce((sum, one) => sum + one.entries * one.entriesSurviving.e4m3!, 0);
  return { largestActivation: report.largest, fp8Activations: held / entries };
}

/** The trainer's emulation, over an evaluation and no step. */
async function accuracyIn(precision: 'e4m3', model: GPT, batches: readonly TokenBatch[]): Promise<number> {
  let [right, count] = [0, 0];
  const optimizer = tf.train.sgd(0);
  await train({
    model,
    optimizer,
    loss: (targets, logits) => {
      right += tf.tidy(
        () =>
          tf
            .sum(tf.cast(tf.equal(tf.argMax(logits as tf.Tensor, -1), targets as tf.Tensor), 'float32'))
            .dataSync()[0],
      );
      count += (targets as tf.Tensor).size;
      return sparseSoftmaxCrossEntropy(targets as tf.Tensor, logits as tf.Tensor);
    },
    data: batches,
    steps: 0,
    evaluate: { data: [...batches] },
    precision,
  });
  optimizer.dispose();
  return right / count;
}

/** What gradient ascent finds, as gain and as mistakes. */
function attack(model: GPT, batch: TokenBatch): { found: number; attacked: number[] } {
  return tf.tidy(() => {
    const inputs = tf.slice(batch.inputs, [0, 0], [4, -1]);
    const targets = tf.slice(batch.targets, [0, 0], [4, -1]);
    const embedded = model.embed(inputs);
    const forward = (x: tf.Tensor) => model.forwardEmbedded(x);
    const rms = embeddingRms(model, inputs);
    const results = adversarialAccuracy(forward, embedded, targets, {
      radii: ATTACK_RADII.map((radius) => radius * rms),
      steps: 8,
    });
    const short = tf.slice(embedded, [0, 0, 0], [4, 32, -1]);
    return {
      found: empiricalLipschitz(forward, short, { steps: 15 }),
      attacked: results.map(({ accuracy }) => accuracy),
    };
  });
}

/** The largest RMS of what a token can be embedded as. */
const largestEmbedding = (model: GPT): number =>
  tf.tidy(() => {
    const { vocabSize } = model.config;
    const embedded = model.embed(tf.reshape(tf.range(0, vocabSize, 1, 'int32'), [vocabSize, 1]));
    return tf.sqrt(tf.max(tf.mean(tf.square(embedded), -1))).dataSync()[0];
  });

/** √ of the mean square of what the blocks are given. */
const embeddingRms = (model: GPT, inputs: tf.Tensor): number =>
  tf.tidy(() => tf.sqrt(tf.mean(tf.square(model.embed(inputs)))).dataSync()[0]);
