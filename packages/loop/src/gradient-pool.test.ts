import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { descent, endless, linearModel, squaredError } from '../test/problems.js';
import { GradientMean, type GradientPool, gradientsOf, type Loss, train } from './index.js';

/** A pool in this process: it computes the first row of a batch, then the others. */
function rowAndRest(calls: string[] = []): GradientPool {
  let variables: readonly tf.Variable[] = [];
  return {
    async open(all) {
      variables = all;
      calls.push(`open ${all.length}`);
    },
    async gradientsOf({ inputs, targets }, loss, options) {
      const mean = new GradientMean();
      const [x, y] = [inputs, targets].map((all) => tf.split(all as tf.Tensor, [1, 4]));
      for (const [i, part] of x.entries()) {
        mean.add(gradientsOf(() => loss({ inputs: part, targets: y[i] }, options), variables));
      }
      tf.dispose([...x, ...y]);
      return mean.take()!;
    },
    close: () => calls.push('close'),
  };
}

const counting: Loss = (t: tf.Tensor, y: tf.Tensor) => ({
  sum: tf.sum(tf.squaredDifference(t, y)),
  count: t.size,
});

async function trained(workers: GradientPool | undefined, loss: Loss, gradientAccumulation = 1) {
  const model = linearModel();
  const optimizer = descent(0.1);
  try {
    const { history } = await train({
      model,
      loss,
      optimizer,
      data: endless(5),
      steps: 6,
      logEvery: 1,
      gradientAccumulation,
      workers,
    });
    return [...model.values(), ...history.map(({ loss }) => loss)];
  } finally {
    model.dispose();
  }
}

describeOnBackends('a gradient pool', () => {
  it.each([1, 3])('computes the gradients of each batch, %i a step', async (gradientAccumulation) => {
    const calls: string[] = [];
    const came = await trained(rowAndRest(calls), counting, gradientAccumulation);
    expectClose(came, await trained(undefined, counting, gradientAccumulation), 1e-5);
    expect(calls).toEqual(['open 2', 'close']);
  });

  it('is closed also when it throws, and its error is the one that is seen', async () => {
    const broken: GradientPool = {
      gradientsOf: async () => {
        throw new Error('the machine is gone');
      },
      close: () => {
        throw new Error('it is gone still');
      },
    };
    await expect(trained(broken, squaredError as Loss)).rejects.toThrow('the machine is gone');
  });

  it('needs an optimizer that takes the gradients', async () => {
    const step = () => tf.scalar(1);
    await expect(train({ step, data: endless(), steps: 1, workers: rowAndRest() })).rejects.toThrow(
      'train: workers came without optimizer',
    );
  });
});
