import { type State, type Transform, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

/** Remembers a tensor of its own, the same under a second name, its update, the gradient, and a tensor of the user's. */
const hoarder = (users: tf.Tensor): Transform => ({
  name: 'hoarder',
  update(updates, state) {
    const { own: before } = (state.w ?? {}) as { own?: tf.Tensor };
    const own = tf.add(before ?? 0, updates.w) as tf.Tensor;
    const update = tf.neg(own) as tf.Tensor;
    const w: State = { own, again: own, update, gradient: updates.w, users, ...(before && { before }) };
    return { updates: { w: update }, state: { w } };
  },
});

describeOnBackends('what a transform remembers', () => {
  it('stays whole whoever owned it, and goes with the optimizer', async () => {
    const [w, users] = [tf.variable(tf.tensor1d([0, 0]), true, 'w'), tf.tensor1d([7, 7])];
    const before = tf.memory().numTensors;
    const optimizer = new TransformOptimizer(hoarder(users));
    const held = [1, 2, 3, 4].map((value) => {
      const tensor = tf.tensor1d([value, -value]);
      optimizer.applyGradients([{ name: 'w', tensor }]);
      tensor.dispose();
      return tf.memory().numTensors - before;
    });
    expect(held.slice(1)).toEqual([7, 7, 7]);
    const weights = (await optimizer.getWeights()).slice(1, -1);
    const values = Object.fromEntries(
      weights.map(({ name, tensor }) => [name.split('|').at(-1), tensor.dataSync()[0]]),
    );
    expect(values).toEqual({ own: 10, again: 10, update: -10, gradient: 4, users: 7, before: 6 });
    optimizer.dispose();
    expect(users.dataSync()[0]).toBe(7);
    expect(w.dataSync()[0]).toBe(-(1 + 3 + 6 + 10));
  });

  it('is not copied: the tensors that a transform makes are the ones kept', () => {
    tf.variable(tf.tensor1d([1, 2]), true, 'w');
    let made: tf.Tensor | undefined;
    const optimizer = new TransformOptimizer({
      name: 'keeper',
      update(updates) {
        made = tf.mul(updates.w, 2);
        return { updates, state: { w: { made } } };
      },
    });
    optimizer.applyGradients([{ name: 'w', tensor: tf.tensor1d([1, 1]) }]);
    expect(made?.isDisposed).toBe(false);
    optimizer.dispose();
    expect(made?.isDisposed).toBe(true);
  });
});
