import {
  AdamW,
  adamW,
  addDecayedWeights,
  chain,
  clipByParamNorm,
  masked,
  momentum,
  named,
  partition,
  scaleByAdam,
  scaleByLearningRate,
  type Transform,
  TransformOptimizer,
  warmupCosine,
  withTransform,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const variable = (name: string) => tf.variable(tf.scalar(0), true, name);
const step = (optimizer: tf.Optimizer, gradients: Record<string, number>): void =>
  tf.tidy(() =>
    optimizer.applyGradients(
      Object.entries(gradients).map(([name, value]) => ({ name, tensor: tf.scalar(value) as tf.Tensor })),
    ),
  );

/** The weights as another process would read them from a file: equal values in new tensors. */
const throughFile = async (optimizer: tf.Optimizer) =>
  (await optimizer.getWeights()).map(({ name, tensor }) => ({
    name,
    tensor: tf.tensor(Array.from(tensor.dataSync()), tensor.shape, tensor.dtype),
  }));

const RATE = 0.1;
const adam = { learningRate: RATE, weightDecay: 0 };
const tail = chain(scaleByAdam(), scaleByLearningRate(RATE));
const makers: [string, () => Transform][] = [
  ['adamW', () => adamW(adam)],
  ['adamW with amsgrad', () => adamW({ ...adam, amsgrad: true })],
  ['a chain with scaleByAdam', () => tail],
  ['scaleByAdam behind a mask', () => chain(masked(scaleByAdam(), named(/./)), scaleByLearningRate(RATE))],
  [
    'a partition',
    () => partition({ early: adamW(adam), late: tail }, ({ name }) => (name === 'b' ? 'late' : 'early')),
  ],
];

describeOnBackends('a parameter whose first gradient comes late', () => {
  it.each(makers)('takes the first step of %s as if it were the first', (_, create) => {
    for (const late of [0, 1, 2000]) {
      const [a, b] = [variable('a'), variable('b')];
      const optimizer = new TransformOptimizer(create());
      for (let i = 0; i < late; i++) step(optimizer, { a: 2 });
      step(optimizer, { b: 2 });
      expectClose(b, -RATE, 1e-6);
      optimizer.dispose();
      tf.dispose([a, b]);
    }
  });

  it.each(makers)('learns after setWeights as in the run that was not interrupted: %s', async (_, create) => {
    const [a, b] = [variable('a'), variable('b')];
    const [whole, resumed] = [new TransformOptimizer(create()), new TransformOptimizer(create())];
    for (const g of [1, -3, 2]) step(whole, { a: g });
    const [weights, start] = [await throughFile(whole), a.dataSync()[0]];
    const go = (optimizer: tf.Optimizer) => {
      step(optimizer, { b: 2 });
      step(optimizer, { a: 1, b: -1 });
      return [a.dataSync()[0], b.dataSync()[0]];
    };
    const expected = go(whole);

    a.assign(tf.scalar(start));
    b.assign(tf.scalar(0));
    await resumed.setWeights(weights);
    expect(go(resumed)).toEqual(expected);
    whole.dispose();
    resumed.dispose();
  });

  it('starts behind a mask that grows, also after setWeights', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const open = new Set(['a']);
    const make = () =>
      new TransformOptimizer(
        chain(
          momentum(0.5),
          masked(scaleByAdam(), ({ name }) => open.has(name)),
          scaleByLearningRate(RATE),
        ),
      );
    const [whole, resumed] = [make(), make()];
    for (const _ of [1, 2, 3]) step(whole, { a: 1, b: 0 });
    const weights = await throughFile(whole);
    const start = a.dataSync()[0];
    open.add('b');
    step(whole, { a: 1, b: 1 });
    const expected = [a.dataSync()[0], b.dataSync()[0]];
    expectClose(expected[1], -RATE, 1e-6);

    a.assign(tf.scalar(start));
    b.assign(tf.scalar(0));
    await resumed.setWeights(weights);
    step(resumed, { a: 1, b: 1 });
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual(expected);
    whole.dispose();
    resumed.dispose();
  });

  it('goes by the schedule of the optimizer, as with the schedulers of torch', () => {
    const [a, b] = [variable('a'), variable('b')];
    const learningRate = warmupCosine({ peak: 1, warmupSteps: 4, totalSteps: 8 });
    const optimizer = new TransformOptimizer(
      partition(
        { a: adamW({ ...adam, learningRate }), b: adamW({ ...adam, learningRate }) },
        ({ name }) => name as 'a' | 'b',
      ),
    );
    for (let count = 0; count < 3; count++) step(optimizer, { a: 1 });
    step(optimizer, { b: 1 });
    expectClose(b, -learningRate(3), 1e-6);
    optimizer.dispose();
    tf.dispose([a, b]);
  });

  it('follows float64, whatever the pattern of gradients and wherever the run is interrupted', async () => {
    const grads = fc.array(
      fc.record({
        a: fc.option(fc.integer({ min: -8, max: 8 })),
        b: fc.option(fc.integer({ min: -8, max: 8 })),
      }),
      { minLength: 2, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(grads, fc.nat(), fc.boolean(), async (steps, cut, amsgrad) => {
        const params = { a: variable('a'), b: variable('b') };
        const rateAt = (count: number) => 0.1 / (count + 1);
        const make = () =>
          new TransformOptimizer(
            chain(clipByParamNorm(5), adamW({ learningRate: rateAt, weightDecay: 0.1, beta2: 0.9, amsgrad })),
          );
        const exact = Object.fromEntries(
          ['a', 'b'].map((name) => [name, { w: 0, m: 0, v: 0, max: 0, t: 0 }]),
        );
        let optimizer = make();
        for (const [count, gradients] of steps.entries()) {
          if (count === cut % steps.length) {
            const weights = await throughFile(optimizer);
            optimizer.dispose();
            optimizer = make();
            await optimizer.setWeights(weights);
            tf.dispose(weights);
          }
          const present = Object.entries(gradients).filter(
            (entry): entry is [string, number] => entry[1] !== null,
          );
          step(optimizer, Object.fromEntries(present));
          for (const [name, gradient] of present) {
            const p = exact[name];
            const g = gradient * Math.min(1, 5 / (Math.abs(gradient) + 1e-6));
            p.t++;
            p.m = 0.9 * p.m + 0.1 * g;
            p.v = 0.9 * p.v + 0.1 * g * g;
            p.max = Math.max(p.max, p.v);
            const vHat = (amsgrad ? p.max : p.v) / (1 - 0.9 ** p.t);
            p.w -= rateAt(count) * (p.m / (1 - 0.9 ** p.t) / (Math.sqrt(vHat) + 1e-8) + 0.1 * p.w);
          }
        }
        for (const [name, param] of Object.entries(params)) expectClose(param, exact[name].w, 1e-5);
        optimizer.dispose();
        tf.dispose(params);
      }),
      { numRuns: 30 },
    );
  });

  it('learns behind a transform in front of another optimizer', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const make = () => withTransform(tf.train.sgd(1), momentum(0.5));
    const [whole, resumed] = [make(), make()];
    step(whole, { a: 1 });
    await resumed.setWeights(await throughFile(whole));
    step(resumed, { b: 2 });
    expectClose(b, -2, 0);
    whole.dispose();
    resumed.dispose();
    tf.dispose([a, b]);
  });
});

describeOnBackends('a model that is built again', (backend) => {
  let unique = 0;
  const makers: [string, () => tf.Sequential][] = [
    [
      'with layers that have names, a and a_1',
      () => {
        const id = `${backend}${unique}`;
        return tf.sequential({
          layers: ['a', 'a_1', 'late'].map((name) =>
            tf.layers.dense({ name: id + name, units: 2, inputShape: [2], kernelInitializer: 'ones' }),
          ),
        });
      },
    ],
    [
      'with layers that have none',
      () =>
        tf.sequential({
          layers: [0, 1, 2].map(() =>
            tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'ones' }),
          ),
        }),
    ],
  ];
  const variablesOf = (model: tf.LayersModel) =>
    model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const train = (optimizer: tf.Optimizer, params: readonly tf.Variable[], seed: number) =>
    tf.tidy(() =>
      optimizer.applyGradients(
        params.map((param, i) => ({
          name: param.name,
          tensor: tf.randomNormal(param.shape, 0, 1, 'float32', seed + i) as tf.Tensor,
        })),
      ),
    );

  it.each(
    makers.flatMap(([name, build]) =>
      [true, false].map((dispose) => [name, dispose ? 'disposed of' : 'alive', build, dispose] as const),
    ),
  )('%s, finds its memory while the first is %s', async (_, __, build, dispose) => {
    unique++;
    const first = build();
    const params = variablesOf(first);
    const original = new AdamW({ learningRate: 0.1 });
    train(original, params, 1);
    const [weights, values] = [await throughFile(original), params.map((param) => param.dataSync().slice())];
    train(original, params, 20);
    const expected = params.map((param) => Array.from(param.dataSync()));
    if (dispose) first.dispose();

    for (const _ of [2, 3, 4]) {
      const again = build();
      const live = variablesOf(again);
      for (const [i, param] of live.entries()) param.assign(tf.tensor(values[i], param.shape));
      const resumed = new AdamW({ learningRate: 0.1 });
      await resumed.setWeights(weights);
      train(resumed, live, 20);
      expect(live.map((param) => Array.from(param.dataSync()))).toEqual(expected);
      resumed.dispose();
      if (dispose) again.dispose();
    }
    original.dispose();
  });

  it('tells a layer that was frozen from one that was saved', async () => {
    unique++;
    const [, build] = makers[0];
    const first = build();
    const original = new AdamW();
    train(original, variablesOf(first).slice(0, 4), 1);
    const weights = await throughFile(original);
    first.dispose();
    const resumed = new AdamW();
    await resumed.setWeights(weights);
    const live = variablesOf(build());
    train(resumed, live, 1);
    const steps = (await resumed.getWeights()).filter(({ name }) => name.endsWith('|step'));
    expect(steps.map(({ name, tensor }) => [name, tensor.dataSync()[0]]).sort()).toEqual(
      live.map(({ name }, i) => [`${name}|step`, i < 4 ? 2 : 1]).sort(),
    );
    original.dispose();
    resumed.dispose();
  });

  it('is not guessed at: layers without names of which some have no state yet', async () => {
    const [, build] = makers[1];
    const first = build();
    const original = new AdamW();
    train(original, variablesOf(first).slice(0, 2), 1);
    const weights = await throughFile(original);
    first.dispose();
    const resumed = new AdamW();
    await resumed.setWeights(weights);
    const live = variablesOf(build());
    const before = live.map((param) => Array.from(param.dataSync()));
    expect(() => train(resumed, live, 1)).toThrow(/could belong to any of .* Give layers names of their own/);
    expect(live.map((param) => Array.from(param.dataSync()))).toEqual(before);
    original.dispose();
    resumed.dispose();
  });
});

describeOnBackends('state and model that do not match', () => {
  const vector = (name: string) => tf.variable(tf.tensor1d([1, 2]), true, name);
  const one = (optimizer: tf.Optimizer, ...params: tf.Variable[]) =>
    step1(optimizer, Object.fromEntries(params.map(({ name }) => [name, tf.ones([2])])));
  const step1 = (optimizer: tf.Optimizer, gradients: Record<string, tf.Tensor>) =>
    optimizer.applyGradients(gradients);

  it('are refused: a parameter by another name, a slot that is lost, another chain, a checkpoint that is not whole', async () => {
    const [a, b] = [vector('a'), vector('b')];
    const original = new TransformOptimizer(chain(momentum(0.9), scaleByLearningRate(1)));
    one(original, a);
    const saved = await throughFile(original);
    const cases: [Transform, typeof saved, tf.Variable[], string][] = [
      [
        chain(momentum(0.9), scaleByLearningRate(1)),
        saved.map((w) => ({ ...w, name: w.name.replace('|a|', '|c|') })),
        [b],
        "'momentum|c|sum' matches no parameter",
      ],
      [
        chain(momentum(0.9), tail),
        saved,
        [a],
        "parameter 'a' has no restored state ('chain|scaleByAdam|a|m' is missing)",
      ],
      [tail, saved, [a], "the restored state 'momentum|a|sum' matches no parameter and transform"],
      [
        chain(momentum(0.9), scaleByLearningRate(1)),
        saved.filter(({ name }) => name !== 'entries'),
        [a, b],
        "parameter 'b' has no restored state",
      ],
    ];
    for (const [transform, weights, params, message] of cases) {
      const optimizer = new TransformOptimizer(transform);
      await optimizer.setWeights(weights);
      expect(() => one(optimizer, ...params)).toThrow(message);
      expect(optimizer.iterations).toBe(1);
      optimizer.dispose();
    }
    const both = new AdamW();
    one(both, a, b);
    for (const lost of ['b|', 'b|v', 'a|step']) {
      const optimizer = new AdamW();
      await optimizer.setWeights((await throughFile(both)).filter(({ name }) => !name.startsWith(lost)));
      expect(() => one(optimizer, a, b)).toThrow(`parameter '${lost[0]}' has no restored state`);
      optimizer.dispose();
    }
    both.dispose();
    original.dispose();
    tf.dispose([a, b]);
  });

  it('stays known to be in part when it is saved again before a step', async () => {
    const [a, b] = [vector('a'), vector('b')];
    const [original, middle, last] = [new AdamW(), new AdamW(), new AdamW()];
    one(original, a, b);
    await middle.setWeights((await throughFile(original)).filter(({ name }) => !name.startsWith('b|')));
    await last.setWeights(await throughFile(middle));
    expect(() => one(last, a, b)).toThrow("parameter 'b' has no restored state");
    for (const optimizer of [original, middle, last]) optimizer.dispose();
    tf.dispose([a, b]);
  });

  it('are not the same as a decayed weight without memory', async () => {
    const w = vector('w');
    const make = () => new TransformOptimizer(chain(addDecayedWeights(0.1), scaleByLearningRate(1)));
    const [original, resumed] = [make(), make()];
    one(original, w);
    expect((await original.getWeights()).map(({ name }) => name)).toEqual(['iter']);
    await resumed.setWeights(await throughFile(original));
    one(resumed, w);
    expect(resumed.iterations).toBe(2);
    w.dispose();
  });
});
