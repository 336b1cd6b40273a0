import {
  AdamW,
  constant,
  partition,
  setToZero,
  sgd,
  TransformOptimizer,
  warmupCosine,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const step = (optimizer: tf.Optimizer, ...names: string[]): void =>
  tf.tidy(() => optimizer.applyGradients(names.map((name) => ({ name, tensor: tf.scalar(1) as tf.Tensor }))));

describeOnBackends('learningRate of an optimizer', () => {
  it('can be read and set, before and between steps', () => {
    const w = tf.variable(tf.scalar(0), true, 'w');
    const optimizer = new TransformOptimizer(sgd({ learningRate: 0.5 }));
    expect(optimizer.learningRate).toBe(0.5);
    step(optimizer, 'w');
    optimizer.learningRate = 0.25;
    expect(optimizer.learningRate).toBe(0.25);
    step(optimizer, 'w');
    expectClose(w, -0.75, 1e-6);
    optimizer.learningRate = 0;
    step(optimizer, 'w');
    expectClose(w, -0.75, 1e-6);
  });

  it('is that of a schedule, which goes on from where it is set', () => {
    tf.variable(tf.scalar(0), true, 'w');
    const schedule = warmupCosine({ peak: 1, warmupSteps: 2, totalSteps: 8 });
    const optimizer = new TransformOptimizer(sgd({ learningRate: schedule }));
    expect(() => {
      optimizer.learningRate = 1;
    }).toThrow('TransformOptimizer: learningRate was set to 1, but that of the transform is 0 at step 0');
    step(optimizer, 'w');
    expect(optimizer.learningRate).toBe(0.5);
    optimizer.learningRate = 1;
    step(optimizer, 'w');
    expect(optimizer.learningRate).toBe(2 * schedule(2));
  });

  it('is the largest of several, which keep their proportions', () => {
    const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.scalar(0), true, name));
    const optimizer = new TransformOptimizer(
      partition(
        { a: sgd({ learningRate: 1 }), b: sgd({ learningRate: constant(0.1) }), c: setToZero() },
        ({ name }) => (name === 'a' || name === 'b' ? name : 'c'),
      ),
    );
    expect(optimizer.learningRate).toBe(1);
    optimizer.learningRate = 2;
    step(optimizer, 'a', 'b');
    expectClose(a, -2, 1e-6);
    expectClose(b, -0.2, 1e-6);
  });

  it('is saved with a class', () => {
    tf.variable(tf.scalar(0), true, 'w');
    const optimizer = new AdamW({ learningRate: 0.5 });
    optimizer.learningRate = 0.125;
    const again = AdamW.fromConfig(AdamW as never, optimizer.getConfig()) as unknown as AdamW;
    expect(again.learningRate).toBe(0.125);
  });

  it('must be one', () => {
    tf.variable(tf.scalar(0), true, 'w');
    const optimizer = new TransformOptimizer(setToZero());
    expect(optimizer.learningRate).toBeUndefined();
    expect(() => {
      optimizer.learningRate = -1;
    }).toThrow('TransformOptimizer: learningRate is -1');
    expect(() => {
      optimizer.learningRate = 1;
    }).toThrow('that of the transform is not known at step 0');
  });
});
