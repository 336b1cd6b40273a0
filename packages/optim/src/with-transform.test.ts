import { clipByGlobalNorm, momentum, type Transform, withTransform } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const squares = (w: tf.Variable) => () => tf.sum(tf.square(w)) as tf.Scalar;
const variable = () => tf.variable(tf.tensor1d([3, -4]), true, 'w');

describeOnBackends('withTransform', () => {
  it('gives the wrapped optimizer transformed gradients', () => {
    const w = variable();
    const optimizer = withTransform(tf.train.sgd(0.5), clipByGlobalNorm(1));
    optimizer.minimize(squares(w));
    expectClose(w, [3 - 0.5 * 0.6, -4 + 0.5 * 0.8], 1e-6);
    optimizer.dispose();
  });

  it('equals the wrapped optimizer when the transform does nothing', () => {
    const values = [tf.train.adam(0.1), withTransform(tf.train.adam(0.1), clipByGlobalNorm(Infinity))].map(
      (optimizer) => {
        const w = variable();
        for (const _ of [1, 2, 3]) optimizer.minimize(squares(w));
        const value = w.arraySync();
        tf.dispose([w]);
        optimizer.dispose();
        return value;
      },
    );
    expect(values[1]).toEqual(values[0]);
  });

  it.each([
    ['bit for bit', () => tf.train.sgd(0.1), 0],
    [
      'up to the rounding of the bias corrections that tf.train.adam does itself',
      () => tf.train.adam(0.1),
      1e-5,
    ],
  ])('saves and restores both memories, %s', async (_, wrapped, tolerance) => {
    const w = variable();
    const make = () => withTransform(wrapped(), momentum(0.9));
    const [original, restored] = [make(), make()];
    for (const _ of [1, 2]) original.minimize(squares(w));
    const checkpoint = w.arraySync();
    await restored.setWeights(await original.getWeights());
    expect(restored.iterations).toBe(2);

    original.minimize(squares(w));
    const expected = w.dataSync().slice();
    w.assign(tf.tensor(checkpoint));
    restored.minimize(squares(w));
    expectClose(w, expected, tolerance);
    original.dispose();
    restored.dispose();
  });

  it('holds the same tensors after every step and frees them on dispose', () => {
    const w = variable();
    const before = tf.memory().numTensors;
    const optimizer = withTransform(tf.train.adam(0.1), momentum(0.9));
    const held = [0, 1, 2].map(() => {
      tf.tidy(() => void optimizer.minimize(squares(w)));
      return tf.memory().numTensors;
    });
    expect(held[2]).toBe(held[0]);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps the transform where it was when the wrapped optimizer throws', () => {
    const w = variable();
    const broken = tf.train.sgd(0.1);
    broken.applyGradients = () => {
      throw new Error('no step today');
    };
    const optimizer = withTransform(broken, momentum(0.9));
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => void optimizer.minimize(squares(w)))).toThrow('no step today');
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
  });

  it('trains a tf.layers model', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'zeros' })],
    });
    const optimizer = withTransform(tf.train.adam(0.1), clipByGlobalNorm(1));
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = tf.tensor2d([
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ]);
    const { history } = await model.fit(x, tf.tensor2d([[1], [2], [3], [0]]), {
      epochs: 50,
      verbose: 0,
      shuffle: false,
    });
    expect(Number(history.loss.at(-1))).toBeLessThan(0.3 * Number(history.loss[0]));
    model.dispose();
    optimizer.dispose();
  });

  it('refuses what is no optimizer and what is no transform, and has no JSON config', () => {
    expect(() => withTransform(clipByGlobalNorm(1) as unknown as tf.Optimizer, clipByGlobalNorm(1))).toThrow(
      'withTransform: the first argument is [object Object], expected a tf.Optimizer.',
    );
    const sgd = tf.train.sgd(1);
    expect(() => withTransform(sgd, undefined as unknown as Transform)).toThrow(
      'withTransform: the second argument is undefined, expected a Transform.',
    );
    expect(() => withTransform(sgd, clipByGlobalNorm(1)).getConfig()).toThrow('JSON config');
    sgd.dispose();
  });
});
