import { type LipschitzCertificate, lipschitzCertificate } from '@evenkeel/lipschitz';
import { linear, maxMin } from '@evenkeel/ops';
import * as tf from '@tensorflow/tfjs';

/** Between layers. ReLU drops half of a signal, MaxMin sorts pairs and keeps its length; both never amplify. */
export const ACTIVATIONS = { relu: tf.relu, maxMin } as const;
export type Activation = keyof typeof ACTIVATIONS;

/** A multi-layer perceptron without biases: y = W₃ f(W₂ f(W₁ x)), each W of shape [out, in]. */
export class Mlp {
  readonly weights: readonly tf.Variable<tf.Rank.R2>[];

  /** PyTorch's initialisation of a linear layer: uniform within ±1/√in. */
  constructor(
    widths: readonly number[],
    seed: number,
    private readonly activation: Activation,
  ) {
    this.weights = widths.slice(1).map((outputs, layer) => {
      const limit = 1 / Math.sqrt(widths[layer]);
      return tf.tidy(() =>
        tf.variable<tf.Rank.R2>(
          tf.randomUniform([outputs, widths[layer]], -limit, limit, 'float32', seed * 1000 + layer),
        ),
      );
    });
  }

  /** Logits [examples, classes] for inputs [examples, in]. */
  readonly forward = (x: tf.Tensor): tf.Tensor2D =>
    tf.tidy(() =>
      this.weights.reduce(
        (h, weight, layer) => linear(layer === 0 ? h : ACTIVATIONS[this.activation](h), weight),
        x,
      ),
    ) as tf.Tensor2D;

  /** A proven bound on how much it amplifies any change of its input. */
  certificate(): LipschitzCertificate {
    const last = this.weights.length - 1;
    const layers = this.weights.map((weight, i) => ({
      weight,
      activation: i < last ? this.activation : ('identity' as const),
    }));
    return lipschitzCertificate({ architecture: 'mlp', layers });
  }

  dispose(): void {
    tf.dispose([...this.weights]);
  }
}
