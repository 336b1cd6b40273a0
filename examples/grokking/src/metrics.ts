import { softmaxCollapse } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';

/** One line of metrics.jsonl: where a run stands after `epoch` optimizer steps. */
export interface Metrics {
  epoch: number;
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  /** Share of training examples whose float32 softmax has lost the gradient of the right class. */
  softmaxCollapse: number;
  /** ‖W‖ of each layer. */
  weightNorms: number[];
  /** ‖g‖ over all layers. */
  gradientNorm: number;
  /** cos(−g, w) over all layers: 1 when a step along −g does nothing but scale the weights up. */
  cosine: number;
}

/** Share of examples whose largest logit is the label's. */
export function accuracy(labels: tf.Tensor1D, logits: tf.Tensor2D): number {
  return scalar(() => tf.mean(tf.equal(tf.argMax(logits, -1), labels)));
}

/** {@link softmaxCollapse} as a number. */
export function collapse(labels: tf.Tensor1D, logits: tf.Tensor2D): number {
  return scalar(() => softmaxCollapse(labels, logits));
}

/** Norms and cosine, in float64, since gradients at the edge of stability are too small to square in float32. */
export function geometry(weights: readonly tf.Tensor[], gradients: readonly tf.Tensor[]) {
  let [ww, gg, gw] = [0, 0, 0];
  const weightNorms = weights.map((weight, layer) => {
    const [w, g] = [weight.dataSync(), gradients[layer].dataSync()];
    let layerSquares = 0;
    for (let i = 0; i < w.length; i++) {
      layerSquares += w[i] * w[i];
      gg += g[i] * g[i];
      gw += g[i] * w[i];
    }
    ww += layerSquares;
    return Math.sqrt(layerSquares);
  });
  const gradientNorm = Math.sqrt(gg);
  return { weightNorms, gradientNorm, cosine: gg > 0 && ww > 0 ? -gw / (gradientNorm * Math.sqrt(ww)) : 0 };
}

export function scalar(compute: () => tf.Tensor): number {
  return tf.tidy(() => compute().dataSync()[0]);
}
