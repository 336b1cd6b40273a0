import { linear } from '@evenkeel/ops';
import * as tf from '@tensorflow/tfjs';

/**
 * A multi-layer perceptron without biases: y = W₃ relu(W₂ relu(W₁ x)), each W of shape [out, in].
 */
export class Mlp {
  private constructor(readonly weights: readonly tf.Variable<tf.Rank.R2>[]) {}

  /** PyTorch's initialisation of a linear layer: uniform within ±1/√in. */
  static random(widths: readonly number[], seed: number): Mlp {
    return Mlp.of(
      widths.slice(1).map((outputs, layer) => {
        const limit = 1 / Math.sqrt(widths[layer]);
        return tf.randomUniform([outputs, widths[layer]], -limit, limit, 'float32', seed * 1000 + layer);
      }),
    );
  }

  /** Takes over weights; each comes with shape [out, in]. */
  static of(weights: readonly tf.Tensor2D[]): Mlp {
    return new Mlp(
      weights.map((weight) => {
        const variable = tf.variable<tf.Rank.R2>(weight);
        weight.dispose();
        return variable;
      }),
    );
  }

  /** Logits [examples, classes] for inputs [examples, in]. */
  forward(x: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() =>
      this.weights.reduce<tf.Tensor>((h, weight, layer) => linear(layer === 0 ? h : tf.relu(h), weight), x),
    ) as tf.Tensor2D;
  }

  dispose(): void {
    tf.dispose([...this.weights]);
  }
}
