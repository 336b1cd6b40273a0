import {
  AdamW,
  addDecayedWeights,
  type ConstraintStep,
  chain,
  clipByGlobalNorm,
  isMatrix,
  masked,
  momentum,
  named,
  partition,
  perParam,
  scaleByAdam,
  scaleByLearningRate,
  setToZero,
  sgd,
  stateless,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const variable = (name: string, values: number[] = [1, -2]) => tf.variable(tf.tensor1d(values), true, name);
const squares =
  (...params: tf.Variable[]) =>
  () =>
    tf.addN(params.map((p) => tf.sum(tf.square(p)))) as tf.Scalar;
const gradient = (name: string, values: number[] = [1, 1]) => ({
  name,
  tensor: tf.tensor1d(values) as tf.Tensor,
});

describeOnBackends('TransformOptimizer', () => {
  it('adds what the transform returns to the parameters', () => {
    const w = variable('w');
    new TransformOptimizer(stateless('constant', () => tf.tensor1d([10, 20]))).minimize(squares(w));
    expectClose(w, [11, 18], 0);
  });

  it('applies constraints in order, to the new value, with the learning rate of the step', () => {
    const [w, seen] = [variable('w'), [] as ConstraintStep[]];
    const optimizer = new TransformOptimizer(sgd({ learningRate: (count) => 0.1 * (count + 1) }), [
      (value, _param, step) => {
        seen.push(step);
        return tf.relu(value);
      },
      (value, param) => (param.name === 'w' ? tf.add(value, 1) : value),
    ]);
    optimizer.applyGradients([gradient('w')]);
    expectClose(w, [1 - 0.1 + 1, 0 + 1], 1e-6);
    optimizer.applyGradients([gradient('w')]);
    expect(seen.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.2]);
    optimizer.dispose();
  });

  it('knows the learning rate of each parameter through chain, masked and partition', () => {
    const rates: Record<string, number | undefined> = {};
    const optimizer = new TransformOptimizer(
      chain(
        addDecayedWeights(0),
        partition(
          {
            fast: scaleByLearningRate(1),
            slow: chain(momentum(0), scaleByLearningRate(0.5)),
            none: setToZero(),
          },
          ({ name }) => (name === 'a' ? 'fast' : name === 'b' ? 'slow' : 'none'),
        ),
        masked(clipByGlobalNorm(1), ({ name }) => name === 'a'),
      ),
      (value, param, { learningRate }) => {
        rates[param.name] = learningRate;
        return value;
      },
    );
    const params = ['a', 'b', 'c'].map((name) => variable(name));
    optimizer.minimize(squares(...params));
    expect(rates).toEqual({ a: 1, b: 0.5, c: undefined });
    optimizer.dispose();
  });

  it('runs a masked constraint on the parameters it is for, and tells it what the transform promises', () => {
    const [a, b] = [tf.variable(tf.tensor1d([1]), true, 'a'), tf.variable(tf.tensor1d([1]), true, 'b')];
    const seen: unknown[] = [];
    const promising = { ...sgd({ learningRate: 0.5 }), stepBound: () => ({ keep: 1, update: 0.5 }) };
    const optimizer = new TransformOptimizer(
      partition(
        { known: chain(clipByGlobalNorm(9), promising), free: sgd({ learningRate: 0.5 }) },
        ({ name }) => (name === 'a' ? 'known' : 'free'),
      ),
      [
        (value, param, step) => {
          seen.push([param.name, step.stepBoundOf?.(value)]);
          return value;
        },
        masked((value) => tf.mul(value, 10), named('a')),
        (value, param, step) => {
          seen.push([`${param.name} later`, step.stepBoundOf?.(value)]);
          return value;
        },
      ],
    );
    optimizer.applyGradients([a, b].map(({ name }) => ({ name, tensor: tf.tensor1d([1]) })));
    expect(seen).toEqual([
      ['a', { keep: 1, update: 0.5 }],
      ['a later', undefined], // it is ten times as large as the step made it
      ['b', undefined],
      ['b later', undefined],
    ]);
    expectClose(a, [5]);
    expectClose(b, [0.5]);
    optimizer.dispose();
  });

  it('scales every update, and tells constraints so', () => {
    const w = variable('w');
    const seen: unknown[] = [];
    const promising = { ...sgd({ learningRate: 0.5 }), stepBound: () => ({ keep: 0.8, update: 0.5 }) };
    const optimizer = new TransformOptimizer(promising, (value, _param, { learningRate, stepBoundOf }) => {
      seen.push(learningRate, stepBoundOf?.(value), stepBoundOf?.(tf.clone(value)));
      return value;
    });
    optimizer.learningRateScale = 0.5;
    expect(optimizer.learningRateOf(w)).toBe(0.25);
    optimizer.applyGradients([{ name: 'w', tensor: tf.tensor1d([4, 4]) }]);
    expectClose(w, [0, -3], 1e-6);
    expect(seen).toEqual([0.25, { keep: 0.9, update: 0.25 }, undefined]);
    optimizer.dispose();
  });

  it('changes nothing when a constraint throws or returns another shape', () => {
    const [a, b] = [variable('a'), variable('b')];
    const optimizer = new TransformOptimizer(sgd({ momentum: 0.9 }), (value, { name }) =>
      name === 'b' ? tf.sum(value) : value,
    );
    const gradients = [gradient('a'), gradient('b')];
    const before = tf.memory().numTensors;
    expect(() => optimizer.applyGradients(gradients)).toThrow(
      "TransformOptimizer: a constraint returned shape [] for parameter 'b', expected [2].",
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(optimizer.iterations).toBe(0);
    expectClose(a, [1, -2], 0);
    expectClose(b, [1, -2], 0);
  });

  it('refuses gradients it cannot place', () => {
    variable('w');
    const optimizer = new AdamW();
    expect(() => optimizer.applyGradients([gradient('v')])).toThrow(
      "applyGradients: a gradient came for 'v', expected the name of a live variable.",
    );
    expect(() => optimizer.applyGradients([gradient('w', [1, 2, 3])])).toThrow(
      "applyGradients: the gradient of 'w' has shape [3], expected [2].",
    );
  });

  it('refuses transforms that break their promises', () => {
    const w = variable('w');
    const dropping: Transform = { name: 'dropping', update: (_updates, state) => ({ updates: {}, state }) };
    expect(() => new TransformOptimizer(dropping).minimize(squares(w))).toThrow(
      "TransformOptimizer: transform 'dropping' returned no update for parameter 'w', expected shape [2].",
    );
    const reshaping = stateless('reshaping', (g) => tf.sum(g));
    expect(() => new TransformOptimizer(reshaping).minimize(squares(w))).toThrow('returned shape []');
    expect(() => new TransformOptimizer(undefined as unknown as Transform)).toThrow(
      'the transform is undefined',
    );
    expect(() => chain(scaleByAdam as unknown as Transform)).toThrow(
      "argument 1 is the function 'scaleByAdam'",
    );
  });

  it('names a learning rate that a schedule gets wrong, and the step', () => {
    const w = variable('w');
    const optimizer = new TransformOptimizer(
      sgd({ learningRate: (count) => (count < 1 ? 0.1 : Number.NaN) }),
    );
    optimizer.minimize(squares(w));
    expect(() => optimizer.minimize(squares(w))).toThrow('learningRate at step 1 is NaN');
    optimizer.dispose();
  });

  it('lists its memory under the path of its transforms', async () => {
    const optimizer = new TransformOptimizer(
      chain(
        partition({ adam: scaleByAdam(), sum: momentum(0.9) }, (p) => (isMatrix(p) ? 'adam' : 'sum')),
        momentum(0.5),
        scaleByLearningRate(1),
      ),
    );
    optimizer.minimize(squares(tf.variable(tf.ones([2, 2]), true, 'blocks.0.w'), variable('b|1')));
    expect((await optimizer.getWeights()).map(({ name }) => name)).toEqual([
      'iter',
      'partition|adam|blocks.0.w|m',
      'partition|adam|blocks.0.w|v',
      'partition|adam|blocks.0.w|step',
      'partition|sum|b%7C1|sum',
      'momentum|blocks.0.w|sum',
      'momentum|b%7C1|sum',
      'entries',
    ]);
    optimizer.dispose();
  });

  it('keeps two stages of the same name apart', async () => {
    const w = variable('w');
    const twice = () => new TransformOptimizer(chain(momentum(0.5), momentum(0.9), scaleByLearningRate(1)));
    const [original, restored] = [twice(), twice()];
    original.minimize(squares(w));
    await restored.setWeights(await original.getWeights());
    const values = [original, restored].map((optimizer) => {
      w.assign(tf.tensor1d([1, -2]));
      optimizer.minimize(squares(w));
      return w.arraySync();
    });
    expect(values[1]).toEqual(values[0]);
    original.dispose();
    restored.dispose();
  });

  it('hands state to the weights of a reloaded tf.layers model, which adds _1 to their names', async () => {
    const w = variable('dense/kernel');
    const [original, restored] = [new AdamW({ learningRate: 0.1 }), new AdamW({ learningRate: 0.1 })];
    original.minimize(squares(w));
    const renamed = variable('dense/kernel_1', Array.from(w.dataSync()));
    await restored.setWeights(await original.getWeights());

    original.minimize(squares(w), false, [w]);
    restored.minimize(squares(renamed), false, [renamed]);
    expect(renamed.arraySync()).toEqual(w.arraySync());
    for (const optimizer of [original, restored]) optimizer.dispose();
  });

  it('refuses restored state that belongs to no parameter, and parameters that have lost theirs', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const original = new AdamW();
    original.minimize(squares(a, b));
    const saved = await original.getWeights();

    const restored = new AdamW();
    await restored.setWeights(saved.filter(({ name }) => !name.startsWith('b|')));
    expect(() => restored.minimize(squares(a, b))).toThrow("parameter 'b' has no restored state");
    await restored.setWeights(saved);
    b.dispose();
    expect(() => restored.minimize(squares(a))).toThrow("the restored state 'b|m' matches no parameter");
    const otherChain = new TransformOptimizer(chain(momentum(0.9), scaleByLearningRate(1)));
    await otherChain.setWeights(saved.filter(({ name }) => !name.startsWith('b|')));
    expect(() => otherChain.minimize(squares(a))).toThrow('matches no parameter and transform');
    for (const optimizer of [original, restored, otherChain]) optimizer.dispose();
  });

  it('accepts, after a restore, a step on which a parameter has no gradient', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const original = new AdamW();
    original.minimize(squares(a, b));
    const restored = new AdamW();
    await restored.setWeights(await original.getWeights());
    restored.minimize(squares(a));
    restored.minimize(squares(a, b));
    expect(restored.iterations).toBe(3);
    for (const optimizer of [original, restored]) optimizer.dispose();
  });

  it('refuses restored state of another shape', async () => {
    const w = variable('w');
    const optimizer = new AdamW();
    const saved = ['m', 'v'].map((slot) => ({ name: `w|${slot}`, tensor: tf.zeros([3]) }));
    await optimizer.setWeights([{ name: 'iter', tensor: tf.scalar(1, 'int32') }, ...saved]);
    expect(() => optimizer.minimize(squares(w))).toThrow(
      "adamW: the state 'm' of parameter 'w' has shape [3], expected [2].",
    );
    optimizer.dispose();
  });

  it('refuses weights that are none, and keeps what it had', async () => {
    const w = variable('w');
    const optimizer = new AdamW();
    optimizer.minimize(squares(w));
    const before = (await optimizer.getWeights()).map(({ tensor }) => Array.from(tensor.dataSync()));
    const iter = { name: 'iter', tensor: tf.scalar(3, 'int32') };
    const m = { name: 'w|m', tensor: tf.ones([2]) };
    for (const [bad, message] of [
      [[], 'the first weight is missing'],
      [[m], "the first weight is 'w|m', expected the step count"],
      [[iter, m, m], 'contradicts another name'],
      [[iter, m, { name: 'w|m|x', tensor: m.tensor }], 'contradicts another name'],
    ] as const) {
      await expect(optimizer.setWeights([...bad])).rejects.toThrow(message);
    }
    expect((await optimizer.getWeights()).map(({ tensor }) => Array.from(tensor.dataSync()))).toEqual(before);
    optimizer.dispose();
  });

  it('takes hostile names in a checkpoint for names', async () => {
    const optimizer = new AdamW();
    await optimizer.setWeights([
      { name: 'iter', tensor: tf.scalar(0, 'int32') },
      { name: '__proto__|polluted|m', tensor: tf.scalar(1) },
      { name: 'constructor|prototype|m', tensor: tf.scalar(1) },
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(() => optimizer.minimize(squares(variable('w')))).toThrow('matches no parameter');
    optimizer.dispose();
  });

  it('frees everything on dispose and can go on from scratch', () => {
    const w = variable('w');
    const before = tf.memory().numTensors;
    const optimizer = new AdamW({ learningRate: 0.1 });
    tf.tidy(() => void optimizer.minimize(squares(w), false, [w]));
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.tidy(() => void optimizer.minimize(squares(w), false, [w]));
    optimizer.dispose();
  });

  it('says why a chain has no JSON config', () => {
    expect(() => new TransformOptimizer(momentum(0.9)).getConfig()).toThrow(
      'TransformOptimizer: a chain built in code',
    );
  });

  it('runs a rule whose update is its own state, in the middle of a chain', () => {
    const sumAndState = perParam('sum', ['sum'], (g, slots) => {
      const sum = tf.add(slots.sum, g);
      return [sum, { sum }];
    });
    const w = variable('w', [0, 0]);
    const optimizer = new TransformOptimizer(
      chain(sumAndState, addDecayedWeights(0), scaleByLearningRate(1)),
    );
    for (const _ of [1, 2, 3]) optimizer.applyGradients([gradient('w')]);
    expectClose(w, [-6, -6], 0); // 1 + 2 + 3, downhill
    optimizer.dispose();
  });

  it('sends no parameter to a label that does not exist', () => {
    const transform = partition({ adam: scaleByAdam() }, () => 'muon' as 'adam');
    expect(() => new TransformOptimizer(transform).minimize(squares(variable('w')))).toThrow(
      "partition: parameter 'w' got the label 'muon', expected one of 'adam'.",
    );
  });
});
