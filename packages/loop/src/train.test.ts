import { characterTokenizer, TokenDataset, tokenize } from '@evenkeel/data';
import { AdamW, chain, clipByGlobalNorm, partition, sgd, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';
import { batchAt, descent, endless, generated, linearModel, squaredError } from '../test/problems.js';
import { accuracy, type Callback, earlyStop, type MetricRecord, type TrainOptions, train } from './index.js';

/** What `train` should do, written by hand. */
function byHand(model: ReturnType<typeof linearModel>, optimizer: tf.Optimizer, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const { inputs, targets } = batchAt(step);
    optimizer.minimize(() => squaredError(targets, model.forward(inputs)), false, model.variables);
    tf.dispose([inputs, targets]);
  }
}

/** Trains a fresh linear model and returns its weights. */
async function trained(options: Partial<TrainOptions>): Promise<number[]> {
  const model = linearModel();
  const optimizer = new AdamW({ learningRate: 0.05 });
  await train({ model, loss: squaredError, optimizer, data: endless(), steps: 6, ...options });
  const values = model.values();
  optimizer.dispose();
  model.dispose();
  return values;
}

describeOnBackends('train', () => {
  it.each([
    ['AdamW', () => new AdamW({ learningRate: 0.05 })],
    ['tf.train.adam', () => tf.train.adam(0.05)],
  ])('gives what minimize by hand gives, bit for bit: %s', async (_name, create) => {
    const model = linearModel();
    const [first, second] = [create(), create()];
    byHand(model, first, 12);
    const expected = model.values();
    model.dispose();
    const again = linearModel();
    await train({ model: again, loss: squaredError, optimizer: second, data: endless(), steps: 12 });
    expect(again.values()).toEqual(expected);
    first.dispose();
    second.dispose();
  });

  it('trains a tf.layers model with a loss and an optimizer of the user', async () => {
    class Halving extends tf.Optimizer {
      static get className() {
        return 'Halving';
      }
      rate = 0.2;
      applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]) {
        const list = Array.isArray(gradients)
          ? gradients
          : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
        for (const { name, tensor } of list) {
          const variable = tf.engine().registeredVariables[name];
          tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(tensor, this.rate))));
        }
      }
      getConfig() {
        return {};
      }
    }
    const regularizer = tf.regularizers.l2({ l2: 1e-3 });
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 8,
          activation: 'tanh',
          inputShape: [3],
          kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
          kernelRegularizer: regularizer,
        }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }),
      ],
    });
    const huber = (targets: tf.Tensor, outputs: tf.Tensor) => tf.losses.huberLoss(targets, outputs);
    const { history } = await train({
      model,
      loss: huber,
      optimizer: new Halving(),
      data: endless(32),
      steps: 60,
    });
    expect(history.at(-1)!.loss).toBeLessThan(history[0].loss / 4);
    // The moving averages of the normalization have moved: the pass was one of training.
    expect(Math.max(...model.layers[1].getWeights()[2].dataSync())).not.toBe(0);
    model.dispose();
  });

  it('adds what the model regularizes, and averages losses per example', async () => {
    const layer = (rate: number) =>
      tf.sequential({
        layers: [
          tf.layers.dense({
            units: 1,
            useBias: false,
            inputShape: [3],
            kernelInitializer: 'ones',
            kernelRegularizer: tf.regularizers.l2({ l2: rate }),
          }),
        ],
      });
    const losses = [];
    for (const rate of [0, 0.5]) {
      const model = layer(rate);
      const perExample = (targets: tf.Tensor, outputs: tf.Tensor) =>
        tf.metrics.meanSquaredError(targets, outputs);
      const { metrics } = await train({
        model,
        loss: perExample,
        optimizer: descent(0),
        data: endless(),
        steps: 1,
      });
      losses.push(metrics.loss);
      model.dispose();
    }
    expectClose([losses[1] - losses[0]], [0.5 * 3], 1e-5);
  });

  it('takes data of every kind, and frees what it made', async () => {
    const expected = await trained({});
    const asynchronous = async function* () {
      yield* generated();
    };
    expect(await trained({ data: generated() })).toEqual(expected);
    expect(await trained({ data: asynchronous() })).toEqual(expected);
    let n = 0;
    const promised = async () => {
      const { inputs: xs, targets: ys } = batchAt(n++);
      return { xs, ys };
    };
    expect(await trained({ data: { batch: promised } })).toEqual(expected);
    const array = Array.from({ length: 6 }, (_, i) => batchAt(i));
    expect(await trained({ data: array })).toEqual(expected);
    expect(array[5].inputs.isDisposed).toBe(false);
    const rows = await tf.concat(array.map(({ inputs }) => inputs as tf.Tensor2D)).array();
    const labels = await tf.concat(array.map(({ targets }) => targets as tf.Tensor2D)).array();
    expect(
      await trained({
        data: tf.data.zip({ xs: tf.data.array(rows), ys: tf.data.array(labels) }).batch(4),
      }),
    ).toEqual(expected);
  });

  it('starts iterables over at their end, and a full batch may come again and again', async () => {
    const array = [batchAt(0), batchAt(1)];
    const cycle = [0, 1, 0, 1, 0, 1].map((i) => array[i]);
    expect(await trained({ data: array })).toEqual(await trained({ data: cycle }));

    const full = batchAt(0);
    expect(await trained({ data: { batch: () => full } })).toEqual(await trained({ data: [full] }));
    expect(full.inputs.isDisposed).toBe(false);
  });

  it('ends where data ends', async () => {
    const model = linearModel();
    const optimizer = descent(0.1);
    const end = await train({ model, loss: squaredError, optimizer, data: generated(5) });
    expect(end).toMatchObject({ reason: 'data', step: 5 });
  });

  it('trains on a TokenDataset', async () => {
    const text = Array.from({ length: 300 }, (_, i) => 'abcde'[(i * 7) % 5]).join('');
    const file = await tokenize(text, { tokenizer: characterTokenizer(text) });
    const dataset = await TokenDataset.open(file, { contextLength: 4, batchSize: 3, seed: 1 });
    const table = tf.variable(tf.zeros([5, 5]), true, 'bigram');
    const oneHot = (tokens: tf.Tensor) =>
      tf.cast(tf.oneHot(tf.cast(tf.reshape(tokens, [-1]), 'int32'), 5), 'float32') as tf.Tensor2D;
    const model = {
      variables: [table],
      forward: (tokens: tf.Tensor) => tf.matMul(oneHot(tokens), table as unknown as tf.Tensor2D),
    };
    const loss = (targets: tf.Tensor, logits: tf.Tensor) =>
      tf.losses.softmaxCrossEntropy(oneHot(targets), logits);
    const optimizer = new AdamW({ learningRate: 0.3 });
    const { metrics } = await train({
      model,
      loss,
      optimizer,
      data: dataset,
      steps: 30,
      evaluate: {
        data: dataset,
        metrics: { accuracy: (t: tf.Tensor, y: tf.Tensor) => accuracy(tf.reshape(t, [-1]), y) },
      },
    });
    expect(metrics.validationAccuracy).toBe(1);
    expect(metrics.tokensPerSecond).toBeGreaterThan(0);
    optimizer.dispose();
  });

  it('accumulates new batches: as one large batch, within rounding', async () => {
    const large = Array.from({ length: 4 }, (_, step) => {
      const parts = [0, 1, 2].map((i) => batchAt(3 * step + i));
      return {
        inputs: tf.concat(parts.map(({ inputs }) => inputs)),
        targets: tf.concat(parts.map(({ targets }) => targets)),
      };
    });
    const history: MetricRecord[] = [];
    const callbacks: Callback[] = [{ onMetrics: (record) => history.push(record) }];
    const wanted = await trained({ data: large, steps: 4, logEvery: 1, callbacks });
    const came = await trained({ gradientAccumulation: 3, steps: 4, logEvery: 1, callbacks });
    expectClose(came, wanted, 1e-5);
    for (const metric of ['loss', 'gradientNorm', 'updateRatio']) {
      const values = history.map((record) => record[metric]);
      expectClose(values.slice(4), values.slice(0, 4), 1e-5);
    }
  });

  it('records what it measures, and nothing is read where nothing is due', async () => {
    const model = linearModel();
    let reads = 0;
    const read = vi.spyOn(tf.Tensor.prototype, 'data').mockImplementation(async function (this: tf.Tensor) {
      reads += 1;
      return this.dataSync() as never;
    });
    const seen: string[] = [];
    const readsAt: number[] = [];
    const callback: Callback = {
      onStart: () => seen.push('start'),
      onStep: () => readsAt.push(reads),
      measure: (_run, { gradients, batch }) => ({
        biasGradient: tf.norm(gradients['linear/b']),
        rows: (batch.inputs as tf.Tensor).shape[0],
      }),
      onEvaluate: (result) => seen.push(`evaluate ${Object.keys(result)}`),
      onEnd: ({ reason }) => seen.push(reason),
    };
    const { history } = await train({
      model,
      loss: squaredError,
      optimizer: descent(0.1),
      data: endless(),
      steps: 25,
      callbacks: [callback],
      evaluate: { data: [batchAt(100), batchAt(101, 12)], every: 20 },
    });
    read.mockRestore();
    expect(seen).toEqual(['start', 'evaluate validationLoss', 'evaluate validationLoss', 'steps']);
    expect(history.map(({ step }) => step)).toEqual([1, 10, 20, 25]);
    expect(Object.keys(history[0]).sort()).toEqual([
      'biasGradient',
      'examplesPerSecond',
      'gradientNorm',
      'learningRate',
      'loss',
      'rows',
      'seconds',
      'step',
      'updateRatio',
    ]);
    expect(history[1].learningRate).toBeCloseTo(0.1, 6);
    for (const step of [3, 4, 9, 12, 19]) expect(readsAt[step - 1]).toBe(readsAt[step - 2]);
    const [a, b] = [batchAt(100), batchAt(101, 12)];
    const all = squaredError(
      tf.concat([a.targets, b.targets]),
      model.forward(tf.concat([a.inputs, b.inputs])),
    );
    expectClose([history.at(-1)!.validationLoss], all, 1e-5);
  });

  it('records the learning rate of each group of parameters, and the largest', async () => {
    const model = linearModel();
    const parts = {
      bias: sgd({ learningRate: 0.01 }),
      matrix: sgd({ learningRate: (step) => 0.1 / (step + 1) }),
    };
    const optimizer = new TransformOptimizer(
      chain(
        clipByGlobalNorm(1),
        partition(parts, ({ rank }) => (rank > 1 ? 'matrix' : 'bias')),
      ),
    );
    const { history } = await train({
      model,
      loss: squaredError,
      optimizer,
      data: endless(),
      steps: 2,
      logEvery: 1,
    });
    const ratesOf = (record: MetricRecord) =>
      Object.entries(record).filter(([name]) => name.startsWith('learningRate'));
    expect(history.map(ratesOf)).toEqual(
      [0.1, 0.05].map((rate) => [
        ['learningRate', rate],
        ['learningRate/matrix', rate],
        ['learningRate/bias', 0.01],
      ]),
    );
    model.dispose();
    optimizer.dispose();
  });

  it('takes a step of the user in the place of model and loss', async () => {
    const model = linearModel();
    const step = ({ inputs, targets }: { inputs: tf.TensorContainer; targets?: tf.TensorContainer }) =>
      squaredError(targets as tf.Tensor, model.forward(inputs as tf.Tensor));
    const optimizer = new AdamW({ learningRate: 0.05 });
    await train({ step, optimizer, data: endless(), steps: 6 });
    const values = model.values();
    model.dispose();
    optimizer.dispose();
    expect(values).toEqual(await trained({}));

    const whole = linearModel();
    const sgd = descent(0.1);
    const { metrics } = await train({
      step: async ({ inputs, targets }) =>
        sgd.minimize(
          () => squaredError(targets as tf.Tensor, whole.forward(inputs as tf.Tensor)),
          true,
        ) as tf.Scalar,
      data: endless(),
      steps: 80,
    });
    expect(metrics.loss).toBeLessThan(0.1);
  });

  it('gives each step a seed of its own, the same in every run', async () => {
    const seedsOf = async (seed: number) => {
      const seeds: number[] = [];
      const model = linearModel();
      const forward = (x: tf.Tensor, options: { seed: number }) => {
        seeds.push(options.seed);
        return model.forward(x);
      };
      const seeing = { variables: model.variables, forward };
      await train({
        model: seeing,
        loss: squaredError,
        optimizer: descent(0),
        data: endless(),
        steps: 50,
        seed,
      });
      model.dispose();
      return seeds;
    };
    const [a, again, b] = [await seedsOf(0), await seedsOf(0), await seedsOf(1)];
    expect(a).toEqual(again);
    expect(new Set([...a, ...b]).size).toBe(100);
  });

  it('stops early, by signal and by callback', async () => {
    const controller = new AbortController();
    const model = linearModel();
    const options = { model, loss: squaredError, optimizer: descent(0), data: endless(), steps: 1000 };
    const stopped = await train({
      ...options,
      callbacks: [earlyStop({ metric: 'validationLoss', patience: 2 })],
      evaluate: { run: () => ({ validationLoss: 1 }), every: 5 },
    });
    expect(stopped).toMatchObject({ step: 20, reason: 'earlyStop: no better validationLoss in 3 records' });
    const onStep = ({ step }: { step: number }) => step === 7 && controller.abort();
    expect(await train({ ...options, signal: controller.signal, callbacks: [{ onStep }] })).toMatchObject({
      step: 7,
      reason: 'signal',
    });
  });

  it('never takes NaN for the best, and knows that more of an accuracy is better', async () => {
    const model = linearModel();
    const stopped = async (metric: string, values: number[], patience: number) => {
      const [left, steps] = [[...values], values.length];
      const options = { model, loss: squaredError, optimizer: descent(0), data: endless(), steps };
      const run = () => ({ [metric]: left.shift()! });
      return (
        await train({ ...options, evaluate: { run, every: 1 }, callbacks: [earlyStop({ metric, patience })] })
      ).step;
    };
    expect(await stopped('validationLoss', [Number.NaN, 5, 4, 3, 2, 1, 0.5, 0.4], 3)).toBe(8);
    expect(await stopped('validationLoss', [-Infinity, 5, 4, Number.NaN, 3, 6, 7, 8, 9], 2)).toBe(8);
    expect(await stopped('validationLoss', [5, Number.NaN, Number.NaN, 1], 1)).toBe(3);
    expect(await stopped('validationAccuracy', [0.1, 0.2, 0.3, 0.4, 0.5], 1)).toBe(5);
  });

  it('says at the first evaluation that a metric is not there, and which may be meant', async () => {
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(0), data: endless() };
    const steps: number[] = [];
    const counting: Callback = { onStep: ({ step }) => steps.push(step) };
    const callbacks = [counting, earlyStop({ metric: 'val_loss' })];
    const evaluate = { data: [batchAt(1)], every: 4 };
    await expect(train({ ...options, steps: 20, evaluate, callbacks })).rejects.toThrow(
      /^train: earlyStop:val_loss goes by 'val_loss', which no metric is called; expected one of loss, .*\. Is 'validationLoss' meant\?$/,
    );
    expect(steps).toEqual([1, 2, 3, 4]);
    await expect(train({ ...options, steps: 20, callbacks: [earlyStop()] })).rejects.toThrow(
      "'validationLoss', which no metric is called",
    );
  });

  it('frees everything when a callback or the model throws', async () => {
    const model = linearModel();
    const optimizer = descent(0.1);
    const before = tf.memory().numTensors;
    let error: unknown;
    const fails: Callback = {
      onStep: ({ step }) => {
        if (step === 3) throw new Error('the disk is full');
      },
      onEnd: (end) => {
        error = end.error;
      },
    };
    const options = { model, loss: squaredError, optimizer, steps: 10 };
    await expect(train({ ...options, data: endless(), callbacks: [fails] })).rejects.toThrow(
      'the disk is full',
    );
    expect(String(error)).toContain('the disk is full');
    expect(tf.memory().numTensors).toBe(before);
    const broken = { ...model, forward: () => tf.matMul(tf.zeros([2, 3]), tf.zeros([2, 3])) };
    await expect(train({ ...options, model: broken, data: endless() })).rejects.toThrow('matMul');
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ steps: 1.5 }, 'train: steps is 1.5, expected a whole number ≥ 0'],
    [{ gradientAccumulation: 0 }, 'train: gradientAccumulation is 0'],
    [{ epochs: 3 }, "train: option 'epochs' is unknown, expected one of model, loss"],
    [{ optimizer: 'adam' }, 'train: the optimizer is adam, expected a tf.Optimizer'],
    [{ model: undefined }, 'expected model, loss and optimizer'],
    [{ model: { variables: [] } }, 'train: the model has no trainable variables'],
    [{ data: 5 }, 'train: data is number, expected an object with batch()'],
    [{ data: [{ x: 1 }] }, 'train: data gave an object with { x }, expected { inputs, targets }'],
    [{ data: { batch: () => 7 } }, 'train: data gave 7, expected { inputs, targets }'],
    [{ resume: true }, 'train: resume came without checkpoint'],
    [{ guard: 'retry' }, "train: guard.action is retry, expected 'stop' or 'rollback'"],
    [{ seed: -1 }, 'train: seed is -1'],
    [{ evaluate: { data: { batch: () => 0 } } }, 'expected evaluate.batches'],
  ])('refuses %o', async (wrong, message) => {
    const options = {
      model: linearModel(),
      loss: squaredError,
      optimizer: descent(1),
      data: endless(),
      steps: 1,
    };
    await expect(train({ ...options, ...wrong } as TrainOptions)).rejects.toThrow(message);
  });

  it('says so when a batch that was freed comes again', async () => {
    const array = [batchAt(0), batchAt(1)];
    let n = 0;
    const data = { batch: () => array[n++ % 2] };
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(1), data, steps: 5 };
    await expect(train(options)).rejects.toThrow('train: data gave a batch with a disposed tensor');
  });
});
