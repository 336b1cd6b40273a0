import {
  type Constraint,
  chain,
  scaleByLearningRate,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeOnBackends } from './describe-on-backends.js';
import { expectClose } from './expect-close.js';

/** An optimizer of a transform: one that changes gradients is given a step. */
export function optimizerOf(
  transform: Transform,
  constraints?: Constraint | readonly Constraint[],
): TransformOptimizer {
  const param = tf.variable(tf.zeros([2, 2]), false, 'optimizerOf');
  const steps = transform.stepsMade?.(param);
  param.dispose();
  return new TransformOptimizer(
    steps === 0 ? chain(transform, scaleByLearningRate(0.1)) : transform,
    constraints,
  );
}

/** What every transform promises. Packages run this on each transform they export. */
export function describeTransform(name: string, create: () => Transform): void {
  describeOnBackends(`${name}, as a transform,`, () => {
    const start = [1, -2, 3, 4];
    const param = (id: string) => tf.variable(tf.tensor2d(start, [2, 2]), true, id);
    const loss =
      (...params: tf.Variable[]) =>
      () =>
        tf.addN(params.map((p) => tf.sum(tf.square(tf.square(p))))) as tf.Scalar;

    it('keeps names, shapes and dtypes, and leaves its inputs alone', async () => {
      const [w, g] = [param('w'), tf.tensor2d(start, [2, 2])];
      const { updates } = create().update({ w: g }, {}, { count: 0, params: { w } });
      expect(Object.keys(updates)).toEqual(['w']);
      expect([updates.w.shape, updates.w.dtype]).toEqual([[2, 2], 'float32']);
      expectClose(await g.data(), start, 0);
      expectClose(await w.data(), start, 0);
    });

    it('gives the same result for the same input: it hides no memory outside its state', async () => {
      const [w, g, transform] = [param('w'), tf.tensor2d(start, [2, 2]), create()];
      const run = () => transform.update({ w: g }, {}, { count: 0, params: { w } }).updates.w.array();
      expect(await run()).toEqual(await run());
    });

    it('holds the same tensors after every step, even inside an outer tidy', () => {
      const [w, optimizer] = [param('w'), optimizerOf(create())];
      const held = [0, 1, 2].map(() => {
        tf.tidy(() => void optimizer.minimize(loss(w)));
        return tf.memory().numTensors;
      });
      expect(held[2]).toBe(held[0]);
      optimizer.dispose();
    });

    it('continues bit for bit after save and restore', async () => {
      const w = param('w');
      const [original, restored] = [optimizerOf(create()), optimizerOf(create())];
      for (const _ of [0, 1, 2]) original.minimize(loss(w));
      const checkpoint = await w.array();
      await restored.setWeights(await original.getWeights());

      for (const _ of [0, 1]) original.minimize(loss(w));
      const expected = await w.array();
      w.assign(tf.tensor(checkpoint));
      for (const _ of [0, 1]) restored.minimize(loss(w));

      expect(await w.array()).toEqual(expected);
      original.dispose();
      restored.dispose();
    });

    it('accepts a step on which a parameter has no gradient', () => {
      const [a, b, optimizer] = [param('a'), param('b'), optimizerOf(create())];
      for (const used of [[a, b], [a], [a, b]]) optimizer.minimize(loss(...used), false, [a, b]);
      expect(optimizer.iterations).toBe(3);
      optimizer.dispose();
    });

    it('treats each parameter the same in any order', async () => {
      const run = async (reversed: boolean) => {
        const params = [param('a'), param('b')];
        const optimizer = optimizerOf(create());
        for (const flip of [reversed, !reversed, reversed]) {
          const grads = params.map((p) => ({ name: p.name, tensor: tf.mul(p, 2) as tf.Tensor }));
          optimizer.applyGradients(flip ? grads.reverse() : grads);
        }
        const values = await Promise.all(params.map((p) => p.array()));
        optimizer.dispose();
        tf.dispose(params);
        return values;
      };
      expect(await run(true)).toEqual(await run(false));
    });

    it('leaves everything as it was when a later stage throws', async () => {
      const w = param('w');
      const failing: Transform = {
        name: 'failing',
        update: () => {
          throw new Error('later stage');
        },
      };
      const both = create();
      const optimizer = new TransformOptimizer({
        name: 'both',
        update: (updates, state, step) => failing.update(both.update(updates, state, step).updates, {}, step),
      });
      const before = tf.memory().numTensors;
      expect(() => tf.tidy(() => void optimizer.minimize(loss(w)))).toThrow('later stage');
      expectClose(await w.data(), start, 0);
      expect(tf.memory().numTensors).toBe(before);
      expect(optimizer.iterations).toBe(0);
    });
  });
}
