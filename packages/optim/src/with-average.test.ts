import { AdamW, masked, named, sgd, TransformOptimizer, withAverage } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const step = (optimizer: tf.Optimizer, gradients: Record<string, number>): void =>
  tf.tidy(() =>
    optimizer.applyGradients(
      Object.entries(gradients).map(([name, value]) => ({ name, tensor: tf.scalar(value) as tf.Tensor })),
    ),
  );

describeOnBackends('withAverage', () => {
  it('averages what constraints leave of the weights, per parameter, and swaps it in for a while', async () => {
    const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.scalar(1), true, name));
    const cap = masked((value: tf.Tensor) => tf.minimum(value, 1.5), named(/./));
    const optimizer = withAverage(new TransformOptimizer(sgd({ learningRate: 1 }), cap), { decay: 0.75 });
    const exact = { a: 1, b: 1 };
    for (const gradients of [{ a: -1 }, { a: 2 }, { a: 1, b: -3 }, { b: 0.5 }] as Record<string, number>[]) {
      step(optimizer, gradients);
      for (const name of Object.keys(gradients) as ('a' | 'b')[]) {
        exact[name] = 0.75 * exact[name] + 0.25 * (name === 'a' ? a : b).dataSync()[0];
      }
    }
    const weights = [a, b].map((param) => param.dataSync()[0]);
    const before = tf.memory().numTensors;
    const seen = await optimizer.averaged(async () => [a, b].map((param) => param.dataSync()[0]));
    expectClose(seen, [exact.a, exact.b], 1e-6);
    await expect(
      optimizer.averaged(() => {
        throw new Error('evaluation');
      }),
    ).rejects.toThrow('evaluation');
    expect(tf.memory().numTensors).toBe(before);
    expect([a, b].map((param) => param.dataSync()[0])).toEqual(weights);
    optimizer.dispose();
  });

  it('goes on after a restore bit for bit', async () => {
    const w = tf.variable(tf.scalar(1), true, 'w');
    const make = () => withAverage(new AdamW({ learningRate: 0.1 }), { decay: 0.5 });
    const [original, restored] = [make(), make()];
    for (const g of [1, -2]) step(original, { w: g });
    const saved = (await original.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() }));
    const start = w.dataSync()[0];
    const go = async (optimizer: typeof original) => {
      step(optimizer, { w: 3 });
      return [w.dataSync()[0], await optimizer.averaged(() => w.dataSync()[0])];
    };
    const expected = await go(original);
    w.assign(tf.scalar(start));
    await restored.setWeights(saved);
    expect(await go(restored)).toEqual(expected);
    original.dispose();
    restored.dispose();
  });

  it('refuses what is no option or out of range, and averages that belong to nothing', async () => {
    const plain = tf.train.sgd(1);
    expect(() => withAverage(plain, { decai: 0.9 } as never)).toThrow("Did you mean 'decay'?");
    expect(() => withAverage(plain, { decay: 1 })).toThrow(
      'withAverage: decay is 1, expected a number ≥ 0 and < 1.',
    );
    const w = tf.variable(tf.scalar(1), true, 'w');
    const optimizer = withAverage(new TransformOptimizer(sgd()));
    step(optimizer, { w: 1 });
    w.dispose();
    await expect(optimizer.averaged(() => 0)).rejects.toThrow(
      "withAverage: the average of 'w' belongs to no live variable",
    );
    optimizer.dispose();
    plain.dispose();
  });
});
