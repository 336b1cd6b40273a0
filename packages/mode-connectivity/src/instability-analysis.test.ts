import { adamW, sgd, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { type Instability, type InstabilityOptions, instabilityAnalysis } from './index.js';

describeOnBackends('instabilityAnalysis', () => {
  const scene = (
    optimizer: tf.Optimizer = new TransformOptimizer(sgd({ learningRate: 0.1, momentum: 0.5 })),
  ) => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const trained: string[] = [];
    const run = async (change: object): Promise<Instability[]> => {
      const options: InstabilityOptions<number> = {
        variables: [w],
        optimizer,
        steps: 6,
        alphas: 3,
        data: { train: [0] },
        measure: () => tf.sum(tf.square(w)) as tf.Scalar,
        trainStep: (run, step) => {
          trained.push(`${run} ${step}`);
          const target = { common: 0, 'twin-a': 1, 'twin-b': -1 }[run] + step;
          tf.tidy(() => void optimizer.minimize(() => tf.sum(tf.square(tf.sub(w, target))) as tf.Scalar));
        },
        ...change,
      };
      try {
        return await instabilityAnalysis(options);
      } finally {
        optimizer.dispose();
      }
    };
    return { w, trained, run };
  };

  it.each<[string, object, number[]]>([
    ['fromStep: 3', { fromStep: 3 }, [3]],
    ['fromSteps: 3', { fromSteps: 3 }, [3]],
    ['fromSteps: [3, 0]', { fromSteps: [3, 0] }, [3, 0]],
  ])('forks from %s', async (_name, change, expected) => {
    expect((await scene().run(change)).map(({ fromStep }) => fromStep)).toEqual(expected);
  });

  it.each<[string, object, string]>([
    ['no fork', {}, 'fromSteps is undefined, expected'],
    ['NaN', { fromStep: Number.NaN }, 'fromSteps has NaN, expected'],
    ['fromSteps of null', { fromSteps: null }, 'fromSteps is null, expected'],
    ['fromSteps of a string', { fromSteps: '3' }, "fromSteps is '3', expected"],
    ['an empty list of forks', { fromSteps: [] }, 'fromSteps has nothing, expected'],
    ['half a step', { fromStep: 0.5 }, 'fromSteps has 0.5, expected whole numbers from 0 to steps (6)'],
    [
      'two names of the same',
      { fromStep: 1, fromSteps: [2] },
      'fromStep and fromSteps came both, expected one',
    ],
    ['no steps', { fromStep: 0, steps: undefined }, 'steps is undefined, expected a whole number ≥ 1'],
    ['no trainStep', { fromStep: 0, trainStep: undefined }, 'trainStep is undefined, expected a function'],
    ['an onResult that is none', { fromStep: 0, onResult: 1 }, 'onResult is 1, expected a function'],
    [
      'no optimizer',
      { fromStep: 0, optimizer: undefined },
      'optimizer is undefined, expected a tf.Optimizer',
    ],
    ['no variables', { fromStep: 0, variables: undefined }, 'variables is undefined, expected tf.Variables'],
    [
      'finished of an object',
      { fromStep: 0, finished: {} },
      'finished is an object, expected a list of results',
    ],
    [
      'finished of numbers',
      { fromStep: 0, finished: [1] },
      'finished has 1, expected results of this analysis',
    ],
    ['wrong alphas', { fromStep: 0, alphas: 1 }, 'alphas is 1, expected a whole number ≥ 2'],
    ['wrong maxBatches', { fromStep: 0, maxBatches: 0 }, 'maxBatches is 0, expected a whole number ≥ 1'],
    ['no data', { fromStep: 0, data: {} }, 'data is empty, expected an object of splits'],
    ['an empty split', { fromStep: 0, data: { train: [] } }, "the split 'train' has no batches"],
    ['no measure', { fromStep: 0, measure: undefined }, 'measure is undefined, expected a function'],
  ])('refuses %s before the first step', async (_name, change, message) => {
    const { trained, run } = scene();
    await expect(run(change)).rejects.toThrow(`instabilityAnalysis: ${message}`);
    expect(trained).toEqual([]);
  });

  it('refuses missing options', async () => {
    await expect(instabilityAnalysis(undefined as never)).rejects.toThrow(
      'instabilityAnalysis: options is undefined, expected an object',
    );
  });

  it('refuses an optimizer that cannot save its state, and leaves nothing behind', async () => {
    const { numTensors } = tf.memory();
    const adamax = scene(tf.train.adamax(0.1));
    await expect(adamax.run({ fromStep: 0 })).rejects.toThrow(
      'instabilityAnalysis: the optimizer cannot save or restore its state (getWeights() is not implemented for Adamax',
    );
    class Forgetful extends tf.SGDOptimizer {
      override setWeights(): Promise<void> {
        return Promise.reject(new Error('cannot'));
      }
    }
    adamax.w.dispose();
    const forgetful = scene(new Forgetful(0.1));
    await expect(forgetful.run({ fromStep: 0 })).rejects.toThrow(
      'instabilityAnalysis: the optimizer cannot save or restore its state (cannot), expected',
    );
    expect(forgetful.trained).toEqual([]);
    forgetful.w.dispose();
    // The two learning rates that tfjs's optimizers hold until they are disposed of are gone too.
    expect(tf.memory().numTensors).toBeLessThanOrEqual(numTensors + 4);
  });

  it('gives each result as soon as it is known, and goes on from those handed back', async () => {
    const forks = { fromSteps: [4, 0, 2] };
    const whole = await scene().run(forks);
    tf.disposeVariables();

    const stop = new AbortController();
    const known: Instability[] = [];
    const stopped = scene().run({
      ...forks,
      signal: stop.signal,
      onResult: async (result: Instability) => {
        known.push(result);
        if (result.fromStep === 2) stop.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(known.map(({ fromStep }) => fromStep)).toEqual([0, 2]);
    tf.disposeVariables();

    const { w, trained, run } = scene();
    const again: number[] = [];
    const finished = JSON.parse(JSON.stringify(known)) as Instability[];
    const results = await run({
      ...forks,
      finished,
      onResult: ({ fromStep }: Instability) => void again.push(fromStep),
    });
    expect(results).toEqual(whole);
    expect(again).toEqual([4]);
    expect(trained).toEqual(
      ['common 0', 'common 1', 'common 2', 'common 3'].concat([
        'twin-a 4',
        'twin-a 5',
        'twin-b 4',
        'twin-b 5',
      ]),
    );
    expectClose(w, [1, 2], 0);
  });

  it('trains nothing when all is finished, and refuses results that do not fit', async () => {
    const finished = await scene().run({ fromSteps: [0, 2] });
    tf.disposeVariables();
    const { trained, run } = scene(new TransformOptimizer(adamW()));
    expect(await run({ fromStep: 2, finished })).toEqual([finished[1]]);
    expect(trained).toEqual([]);
    const message =
      'instabilityAnalysis: finished has a result of step 0 with other alphas or splits, expected those of';
    await expect(run({ fromStep: 0, finished, alphas: 5 })).rejects.toThrow(message);
    await expect(run({ fromStep: 0, finished, data: { test: [0] } })).rejects.toThrow(message);
  });
});
