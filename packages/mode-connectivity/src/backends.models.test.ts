import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { copyWeights, errorAlongPath, loadWeights } from './index.js';

// On webgl and webgpu too (npm run test:browser).

describeOnBackends('errorAlongPath', () => {
  it('finds the barrier between two minima and puts the model back', async () => {
    const w = tf.variable(tf.tensor1d([1, 0]), true, 'w');
    const a = copyWeights([w]);
    loadWeights([w], { w: tf.tensor1d([-1, 0]) });
    const b = copyWeights([w]);
    // The loss (x w₀² − x)² is 0 at w₀ = ±1 and x² between them.
    const path = await errorAlongPath(a, b, {
      variables: [w],
      measure: (x: number) => ({
        loss: tf.mean(tf.square(tf.sub(tf.mul(tf.square(tf.slice(w, 0, 1)), x), x))) as tf.Scalar,
      }),
      data: { train: [1, 2] },
      alphas: [0, 0.25, 0.5, 0.75, 1],
    });
    expectClose(path.values.train.loss, [0, 1.40625, 2.5, 1.40625, 0], 1e-4);
    expect(path.barriers.train.loss).toBeCloseTo(2.5, 3);
    expect(path.distance).toBeCloseTo(2, 3);
    expectClose(await w.data(), [-1, 0], 1e-6);
    tf.dispose([a, b]);
  });
});
