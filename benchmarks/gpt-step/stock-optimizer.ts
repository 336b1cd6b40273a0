import * as tf from '@tensorflow/tfjs';

/** Clips to a global norm of 1, decays and steps by Adam: AdamW as one writes it around `tf.train.adam`. */
export class StockAdamW {
  private readonly adam: tf.Optimizer;

  constructor(
    private readonly learningRate: number,
    private readonly weightDecay: number,
    beta1: number,
    beta2: number,
  ) {
    this.adam = tf.train.adam(learningRate, beta1, beta2, 1e-8);
  }

  applyGradients(gradients: tf.NamedTensorMap, params: readonly tf.Variable[]): void {
    tf.tidy(() => {
      const squares = Object.values(gradients).map((g) => tf.sum(tf.square(g)));
      const factor = tf.minimum(tf.div(1, tf.add(tf.sqrt(tf.addN(squares)), 1e-6)), 1);
      const clipped = Object.entries(gradients).map(([name, g]) => ({ name, tensor: tf.mul(g, factor) }));
      for (const param of params) param.assign(tf.mul(param, 1 - this.learningRate * this.weightDecay));
      this.adam.applyGradients(clipped);
    });
  }

  dispose(): void {
    this.adam.dispose();
  }
}
