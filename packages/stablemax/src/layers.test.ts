import { stablemax } from '@evenkeel/stablemax';
import { Stablemax } from '@evenkeel/stablemax/layers';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const classifier = (head: tf.layers.Layer) =>
  tf.sequential({
    layers: [
      tf.layers.dense({
        units: 3,
        inputShape: [4],
        kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
      }),
      head,
    ],
  });

describeOnBackends('the Stablemax layer', () => {
  it('is stablemax, and keeps the shape', () => {
    const layer = new Stablemax({ axis: 1 });
    const x = tf.randomNormal([2, 3, 4], 0, 2, 'float32', 1);
    const y = layer.apply(x) as tf.Tensor;
    expectClose(y, stablemax(x, 1).dataSync(), 0);
    expect(layer.computeOutputShape([null, 3, 4])).toEqual([null, 3, 4]);
  });

  it('survives saving and loading with its options', async () => {
    tf.serialization.registerClass(Stablemax);
    const model = classifier(new Stablemax({ clampMin: -1, epsilon: 1e-3 }));
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));

    expect(loaded.layers[1]).toBeInstanceOf(Stablemax);
    expect(loaded.layers[1].getConfig()).toMatchObject({ axis: -1, clampMin: -1, epsilon: 1e-3 });
    const x = tf.randomNormal([5, 4], 0, 3, 'float32', 2);
    expectClose(loaded.predict(x) as tf.Tensor, (model.predict(x) as tf.Tensor).dataSync(), 0);
    model.dispose();
    loaded.dispose();
  });

  it('trains as the head of a classifier', async () => {
    const model = classifier(new Stablemax());
    const x = tf.randomNormal([64, 4], 0, 1, 'float32', 3);
    const labels = tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [64, 3]), -1) as tf.Tensor1D, 3);
    const optimizer = tf.train.adam(0.1);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const { history } = await model.fit(x, labels, { epochs: 20, verbose: 0, shuffle: false });
    expect(Number(history.loss.at(-1))).toBeLessThan(0.6 * Number(history.loss[0]));
    model.dispose();
    optimizer.dispose();
  });

  it('refuses options out of range', () => {
    expect(() => new Stablemax({ epsilon: Number.NaN })).toThrow(
      'Stablemax: epsilon is NaN, expected a finite number ≥ 0.',
    );
  });
});
