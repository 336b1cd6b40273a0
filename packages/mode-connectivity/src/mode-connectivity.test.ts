import { GPT } from '@evenkeel/gpt-model';
import { adamW, sgd, TransformOptimizer } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import reference from '../fixtures/h1_lmc_interpolation.json' with { type: 'json' };
import { barrier, copyWeights, errorAlongPath, instabilityAnalysis } from './index.js';
import { plotInstability, plotPath } from './plot.js';

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

interface Inputs {
  model1: Record<string, GoldenTensor>;
  model2: Record<string, GoldenTensor>;
  train_batches: { x: GoldenTensor; y: GoldenTensor }[];
  val_batches: { x: GoldenTensor; y: GoldenTensor }[];
}
interface Hyper {
  n_layer: number;
  n_head: number;
  n_embed: number;
  vocab_size: number;
  block_size: number;
  alphas: number[];
}

/** The reference's names in ours. */
const ourName = (name: string) =>
  [
    [/^transformer\./, ''],
    [/^wte\./, 'embed.'],
    [/^wpe\./, 'position.'],
    [/^h\./, 'blocks.'],
    [/^ln_f\./, 'norm.'],
    [/ln_([12])\./, 'norm$1.'],
    [/attn\.c_attn/, 'attention.qkv'],
    [/attn\.c_proj/, 'attention.out'],
    [/mlp\.c_fc/, 'mlp.up'],
    [/mlp\.c_proj/, 'mlp.down'],
  ].reduce((renamed, [from, to]) => renamed.replace(from, to as string), name);

/** A fixture's model as weights of ours, without its masks and the second name of its tied head. */
const toWeights = (fixture: Record<string, GoldenTensor>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(fixture)
      .filter(([name]) => !/\.attn\.bias$|lm_head/.test(name))
      .map(([name, tensor]) => [ourName(name), toTensor(tensor)]),
  );

describeOnBackends('errorAlongPath', () => {
  const cases = goldenCases<Inputs, Hyper, { train_loss: GoldenTensor; val_loss: GoldenTensor }>(reference);
  it.each(cases)('matches the reference: $name', async ({ inputs, hyper, expected, tolerance }) => {
    const model = new GPT({
      architecture: 'gpt2',
      vocabSize: hyper.vocab_size,
      contextLength: hyper.block_size,
      layers: hyper.n_layer,
      heads: hyper.n_head,
      width: hyper.n_embed,
    });
    const variables = Object.fromEntries(model.parameters);
    const [one, two] = [toWeights(inputs.model1), toWeights(inputs.model2)];
    const path = await errorAlongPath(one, two, {
      variables,
      alphas: hyper.alphas,
      data: { train: inputs.train_batches, validation: () => inputs.val_batches },
      measure: ({ x, y }) => {
        const tokens = tf.tensor2d(x.data, x.shape as [number, number], 'int32');
        const targets = tf.tensor2d(y.data, y.shape as [number, number], 'int32');
        return sparseSoftmaxCrossEntropy(targets, model.forward(tokens));
      },
    });
    expectClose(path.values.train.loss, expected.train_loss.data, tolerance('train_loss'));
    expectClose(path.values.validation.loss, expected.val_loss.data, tolerance('val_loss'));
    expect(path.barriers.train.loss).toBe(barrier(path.values.train.loss));
    model.dispose();
    tf.dispose([one, two]);
  });

  const square = () => {
    const w = tf.variable(tf.tensor1d([5, 5]), true);
    return {
      w,
      variables: { w },
      measure: (target: number) => tf.mean(tf.square(tf.sub(w, target))) as tf.Scalar,
    };
  };

  it('asks for no batch beyond maxBatches, and lets the source clean up', async () => {
    const { variables, measure } = square();
    const [w, events]: [tf.Tensor, string[]] = [tf.tensor1d([1, 1]), []];
    const source = async function* () {
      try {
        for (const target of [1, 2, 3]) {
          events.push(`made ${target}`);
          yield target;
        }
      } finally {
        events.push('closed');
      }
    };
    const run = (maxBatches: number) =>
      errorAlongPath({ w }, { w }, { variables, alphas: 2, data: { all: source }, maxBatches, measure });
    await run(2);
    expect(events.slice(0, 4)).toEqual(['made 1', 'made 2', 'closed', 'made 1']);
    await expect(run(0)).rejects.toThrow('maxBatches is 0, expected a whole number ≥ 1');
  });

  it('sees the same batches at each point, weighs them, and restores the model', async () => {
    const { w, variables, measure } = square();
    const seen: number[] = [];
    const path = await errorAlongPath(
      { w: tf.tensor1d([1, 1]) },
      { w: tf.tensor1d([-1, -1]) },
      {
        variables,
        alphas: 3,
        data: { all: [0, 2, 4] },
        maxBatches: 2,
        weigh: (target) => (target === 0 ? 3 : 1),
        measure: (target) => {
          seen.push(target);
          return { loss: measure(target), target };
        },
      },
    );
    expect(path.alphas).toEqual([0, 0.5, 1]);
    expect(seen).toEqual([0, 2, 0, 2, 0, 2]);
    expectClose(path.values.all.loss, [(3 * 1 + 9) / 4, (0 + 4) / 4, (3 * 1 + 1) / 4], 1e-6);
    expectClose(path.values.all.target, [0.5, 0.5, 0.5], 0);
    expectClose(path.barriers.all.loss, 3 - 2, 1e-6);
    expectClose(path.atMean.all.loss, 1, 1e-6);
    expectClose(path.distance, Math.sqrt(8), 1e-6);
    expectClose(w, [5, 5], 0);
  });

  it('always includes the ends and the mean, reads async data, and stops on request', async () => {
    const { variables, measure } = square();
    async function* stream() {
      yield 0;
    }
    const ends = [{ w: tf.tensor1d([1, 1]) }, { w: tf.tensor1d([-1, 0]) }] as const;
    const path = await errorAlongPath(...ends, { variables, measure, data: { v: stream }, alphas: [0.25] });
    expect(path.alphas).toEqual([0, 0.25, 1]);
    expectClose(path.atMean.v.loss, 0.125, 1e-6);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(errorAlongPath(...ends, { variables, measure, data: { v: [0] }, signal })).rejects.toThrow(
      'enough',
    );
    expectClose(variables.w, [5, 5], 0);
  });

  it('disposes of batches made for it, and not of those in a list', async () => {
    const { variables } = square();
    const weights = copyWeights(variables);
    const batches = (...targets: number[]) => targets.map((target) => ({ target: tf.scalar(target) }));
    const run = (all: object, before: () => void = () => {}) =>
      errorAlongPath<{ target: tf.Scalar }>(weights, weights, {
        variables,
        data: { all: all as { target: tf.Scalar }[] },
        alphas: 2,
        measure: ({ target }) => {
          before();
          return tf.mean(tf.square(tf.sub(variables.w, target))) as tf.Scalar;
        },
      });
    const kept = batches(1, 2);
    const { numTensors } = tf.memory();
    await run(() => batches(1, 2).values());
    await run(kept);
    await run(() => kept);
    const fail = () => {
      throw new Error('no loss');
    };
    await expect(run(() => batches(1).values(), fail)).rejects.toThrow('no loss');
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(kept[0].target.isDisposed).toBe(false);
    tf.dispose([weights, kept]);
  });

  it('says what it takes, and restores the model', async () => {
    const { w, variables, measure } = square();
    const [a, b] = [{ w: tf.tensor1d([1, 1]) }, { w: tf.tensor1d([0, 0]) }];
    const run = (change: object, from: Record<string, tf.Tensor> = a) =>
      errorAlongPath(from, b, { variables, measure, data: { train: [0] }, ...change });
    await expect(run({ alphas: 1 })).rejects.toThrow(
      'errorAlongPath: alphas is 1, expected a whole number ≥ 2',
    );
    await expect(run({ alphas: [2] })).rejects.toThrow('errorAlongPath: alphas has 2');
    await expect(run({ data: { train: [] } })).rejects.toThrow("the split 'train' has no batches");
    await expect(run({ data: { train: [0].values() } })).rejects.toThrow(
      "the split 'train' can be read only once",
    );
    await expect(run({}, { v: a.w })).rejects.toThrow("the second model has no 'v'");
    await expect(run({}, { w: tf.ones([3]) })).rejects.toThrow(
      "the second model has 'w' in shape [2], expected shape [3]",
    );
    expectClose(w, [5, 5], 0);
  });
});

describeOnBackends('instabilityAnalysis', () => {
  const create = () => {
    const w = tf.variable(tf.tensor1d([0.1]), true, 'w');
    // Two valleys, at −1 and 1; the order of the data pushes to one of them, the common beginning towards 1.
    const push = { common: 0.5, 'twin-a': 0.4, 'twin-b': -0.4 };
    const loss = () => tf.sum(tf.square(tf.sub(tf.square(w), 1))) as tf.Scalar;
    return { w, loss, push };
  };

  it.each([
    ['sgd', () => new TransformOptimizer(sgd({ learningRate: 0.05, momentum: 0.5 }))],
    ['adamW', () => new TransformOptimizer(adamW({ learningRate: 0.05, weightDecay: 0 }))],
    ["tfjs's Adam", () => tf.train.adam(0.05)],
  ])(
    'finds twins in different valleys when forked early and in one when forked late: %s',
    async (_name, optimizerOf) => {
      const { w, loss, push } = create();
      const optimizer = optimizerOf();
      const steps = 60;
      const trained: string[] = [];
      const options = {
        variables: [w],
        optimizer,
        steps,
        fromSteps: [40, 0],
        alphas: 11,
        data: { train: [0] },
        measure: () => loss(),
        trainStep: (run: 'common' | 'twin-a' | 'twin-b', step: number) => {
          trained.push(`${run} ${step}`);
          const nudge = step < 45 ? push[run] : 0;
          optimizer.minimize(() => tf.sub(loss(), tf.sum(tf.mul(w, nudge))) as tf.Scalar);
        },
      };
      const results = await instabilityAnalysis(options);
      expect(results.map(({ fromStep }) => fromStep)).toEqual([40, 0]);
      expect(results[0].barriers.train.loss).toBeLessThan(0.05);
      expect(results[1].barriers.train.loss).toBeGreaterThan(0.5);
      expect(trained.length).toBe(40 + 2 * 20 + 2 * steps);
      expectClose(w, [Math.fround(0.1)], 0);
      // Everything is as before: the same analysis gives the same numbers.
      const again = await instabilityAnalysis({ ...options, fromSteps: [0] });
      expect(again[0].values).toEqual(results[1].values);
      expect(plotInstability(results)).toContain('forked after steps');
      expect(plotPath(results[0], { title: 'late' })).toMatch(/^<svg[\s\S]*late[\s\S]*<\/svg>$/);
      expect(() => plotPath(results[0], { measure: 'error' })).toThrow(
        "plotPath: measure is 'error', expected one of loss",
      );
      optimizer.dispose();
    },
  );

  it.each([
    ['adamW', () => new TransformOptimizer(adamW({ learningRate: 0.05 }))],
    ["tfjs's Adam", () => tf.train.adam(0.05)],
    ["tfjs's RMSProp", () => tf.train.rmsprop(0.05, 0.9, 0.5)],
  ])('leaves no tensor behind: %s', async (_name, optimizerOf) => {
    const { w, loss } = create();
    const optimizer = optimizerOf();
    const train = () => void optimizer.minimize(loss);
    // With and without state at the beginning.
    for (const fromSteps of [[0, 2], [1]]) {
      const { numTensors } = tf.memory();
      const data = { train: [0] };
      await instabilityAnalysis({
        variables: [w],
        optimizer,
        steps: 3,
        fromSteps,
        alphas: 2,
        data,
        measure: loss,
        trainStep: train,
      });
      expect(tf.memory().numTensors).toBe(numTensors);
      train();
    }
    optimizer.dispose();
  });

  it('gives twins with the same order the same weights', async () => {
    const { w, loss } = create();
    const optimizer = new TransformOptimizer(adamW({ learningRate: 0.05 }));
    const [result] = await instabilityAnalysis({
      variables: [w],
      optimizer,
      steps: 8,
      fromSteps: [3],
      alphas: 2,
      data: { train: [0] },
      measure: () => loss(),
      trainStep: () => void optimizer.minimize(() => loss()),
    });
    expect(result.distance).toBe(0);
    optimizer.dispose();
  });

  it('restores model and optimizer when a step fails', async () => {
    const { w } = create();
    const optimizer = new TransformOptimizer(adamW());
    const trainStep = (_run: string, step: number) => {
      if (step === 2) throw new Error('no data');
      optimizer.applyGradients([{ name: 'w', tensor: tf.ones([1]) }]);
    };
    const options = {
      variables: [w],
      optimizer,
      steps: 5,
      data: { train: [0] },
      measure: () => 0,
      trainStep,
    };
    await expect(instabilityAnalysis({ ...options, fromSteps: [0] })).rejects.toThrow('no data');
    expectClose(w, [Math.fround(0.1)], 0);
    expect(optimizer.iterations).toBe(0);
    await expect(instabilityAnalysis({ ...options, fromSteps: [6] })).rejects.toThrow(
      'instabilityAnalysis: fromSteps has 6, expected whole numbers from 0 to steps (5)',
    );
    optimizer.dispose();
  });
});
