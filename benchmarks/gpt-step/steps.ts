import { adamW, chain, clipByGlobalNorm, TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import type { Size } from './cases.js';
import { evenkeelLoss } from './evenkeel-model.js';
import { type StockOptions, stockLoss } from './stock-model.js';
import { StockAdamW } from './stock-optimizer.js';
import { createWeights, transposeProjections, type Weights } from './weights.js';

/** A model and its optimizer: everything that a training step changes. */
export interface Trainer {
  weights: Weights;
  /** One step: forward, backward, clip, AdamW. Returns the loss before it, so it ends when all is done. */
  step(tokens: tf.Tensor2D, labels: tf.Tensor2D): number;
  dispose(): void;
}

const [LEARNING_RATE, WEIGHT_DECAY, BETA1, BETA2] = [1e-3, 0.1, 0.9, 0.99];

/** The model and its training as written with stock tfjs alone. */
export function stockTrainer(size: Size, prefix: string, options: StockOptions): Trainer {
  const drawn = createWeights(size, `${prefix}.drawn`);
  const weights = transposeProjections(drawn, prefix);
  tf.dispose(drawn);
  const params = Object.values(weights);
  const optimizer = new StockAdamW(LEARNING_RATE, WEIGHT_DECAY, BETA1, BETA2);
  return trainer(weights, optimizer, (tokens, labels) => {
    const { value, grads } = tf.variableGrads(
      () => stockLoss(weights, size, tokens, labels, options),
      params,
    );
    optimizer.applyGradients(grads, params);
    return value;
  });
}

/** The same with the packages of Evenkeel. */
export function evenkeelTrainer(size: Size, prefix: string): Trainer {
  const weights = createWeights(size, prefix);
  const params = Object.values(weights);
  const optimizer = new TransformOptimizer(
    chain(
      clipByGlobalNorm(1),
      adamW({ learningRate: LEARNING_RATE, weightDecay: WEIGHT_DECAY, beta1: BETA1, beta2: BETA2 }),
    ),
  );
  return trainer(
    weights,
    optimizer,
    (tokens, labels) => optimizer.minimize(() => evenkeelLoss(weights, size, tokens, labels), true, params)!,
  );
}

function trainer(
  weights: Weights,
  optimizer: { dispose(): void },
  step: (tokens: tf.Tensor2D, labels: tf.Tensor2D) => tf.Scalar,
): Trainer {
  return {
    weights,
    step: (tokens, labels) => tf.tidy(() => step(tokens, labels).dataSync()[0]),
    dispose() {
      tf.dispose(weights);
      optimizer.dispose();
    },
  };
}
