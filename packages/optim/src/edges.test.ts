import { describeEdges, expectClose, optimizerOf } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import * as optim from './index.js';

const { TransformOptimizer } = optim;
const SMALL = [2e-30, -1e-30];
const LARGE = [3e38, -3e38];

/** Two steps of an optimizer beside a parameter without entries; then steps in which there is nothing to do. */
function stepsBeside(empty: boolean, optimizer: tf.Optimizer): number[] {
  const w = tf.variable(tf.tensor1d([1, -2]), true, 'w');
  const nothing = tf.variable(tf.zeros([0, 4]), true, 'nothing');
  const none = { name: 'nothing', tensor: tf.zeros([0, 4]) as tf.Tensor };
  for (const value of [3, -1]) {
    optimizer.applyGradients([...(empty ? [none] : []), { name: 'w', tensor: tf.fill([2], value) }]);
  }
  const values = Array.from(w.dataSync());
  if (empty) {
    optimizer.applyGradients([none]);
    optimizer.applyGradients([]);
    expect(nothing.shape).toEqual([0, 4]);
  }
  expect(Array.from(w.dataSync())).toEqual(values);
  optimizer.dispose();
  tf.dispose([w, nothing]);
  return values;
}

/** A parameter without entries changes nothing for the others. */
function ignoresNothing(create: () => optim.Transform): void {
  expect(stepsBeside(true, optimizerOf(create()))).toEqual(stepsBeside(false, optimizerOf(create())));
  expect(create().update({}, {}, { count: 0, params: {} }).updates).toEqual({});
}

/** The update that a transform makes of a gradient, for a weight of 1 everywhere. */
function updateOf(transform: optim.Transform, gradient: readonly number[]): tf.Tensor {
  const w = tf.variable(tf.ones([gradient.length]), true, 'w');
  const { updates } = transform.update({ w: tf.tensor1d([...gradient]) }, {}, { count: 0, params: { w } });
  w.dispose();
  return updates.w;
}

const takes = (create: () => optim.Transform, small: readonly number[], large: readonly number[]) => () => {
  ignoresNothing(create);
  expectClose(updateOf(create(), SMALL), small, { rtol: 1e-5, atol: 1e-45 });
  expectClose(updateOf(create(), LARGE), large, { rtol: 1e-5, atol: 1e-45 });
};
const sgdTakes = (create: () => optim.Transform) => takes(create, SMALL, LARGE);
const NUMBERS = 'takes and gives numbers, in float64';
const SELECTOR = 'looks at names and shapes';

describeEdges(optim, {
  chain: sgdTakes(() =>
    optim.chain(
      optim.stateless('same', (g) => g),
      optim.clipByGlobalNorm(Infinity),
    ),
  ),
  masked: sgdTakes(() => optim.masked(optim.momentum(0.9), () => true)),
  partition: sgdTakes(() =>
    optim.partition({ a: optim.momentum(0.9), b: optim.scaleByAdam() }, (): 'a' | 'b' => 'a'),
  ),
  perParam: sgdTakes(() =>
    optim.perParam('sum', ['sum', 'step'], (g, { sum, step }) => [g, { sum: tf.add(sum, tf.mul(g, step)) }]),
  ),
  stateless: sgdTakes(() => optim.stateless('same', (g) => g)),
  momentum: sgdTakes(() => optim.momentum(0.9)),
  addDecayedWeights: takes(() => optim.addDecayedWeights(1e-10), [1e-10, 1e-10], LARGE),
  scaleByLearningRate: takes(() => optim.scaleByLearningRate(0.5), [-1e-30, 5e-31], [-1.5e38, 1.5e38]),
  sgd: takes(() => optim.sgd({ learningRate: 0.5 }), [-1e-30, 5e-31], [-1.5e38, 1.5e38]),
  // As torch.optim in float32: beyond 10¹⁹ the square is infinite and the step 0; clip first.
  scaleByAdam: takes(() => optim.scaleByAdam(), [2e-22, -1e-22], [0, 0]),
  adamW: takes(() => optim.adamW({ learningRate: 0.1, weightDecay: 0 }), [-2e-23, 1e-23], [0, 0]),
  clipByGlobalNorm() {
    for (const [ord, norm] of [
      [2, Math.SQRT2],
      [1, 2],
      [Infinity, 1],
    ] as const) {
      takes(() => optim.clipByGlobalNorm(1, { ord }), SMALL, [1 / norm, -1 / norm])();
    }
    const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.zeros([1]), true, name));
    const { updates } = optim
      .clipByGlobalNorm(5)
      .update({ a: tf.tensor1d([1.5e38]), b: tf.tensor1d([-2e38]) }, {}, { count: 0, params: { a, b } });
    expectClose(updates.a, [3], 1e-5);
    expectClose(updates.b, [-4], 1e-5);
    expectClose(updateOf(optim.clipByGlobalNorm(1), [Infinity, 1]), [Number.NaN, 0], 0); // as torch
  },
  clipByParamNorm() {
    for (const [ord, norm] of [
      [2, Math.SQRT2],
      [1, 2],
      [Infinity, 1],
    ] as const) {
      takes(() => optim.clipByParamNorm(1, { ord }), SMALL, [1 / norm, -1 / norm])();
    }
  },
  globalNorm() {
    for (const ord of [1, 2, Infinity]) {
      expectClose(optim.globalNorm([], ord), 0, 0);
      expectClose(optim.globalNorm([tf.zeros([0, 4]), tf.zeros([0])], ord), 0, 0);
    }
    const of = (values: number[], ord: number) =>
      optim.globalNorm([tf.tensor1d(values), tf.zeros([0, 4]), tf.tensor1d(values)], ord);
    const close = { rtol: 1e-5, atol: 0 };
    expectClose(of(SMALL, 2), Math.sqrt(10) * 1e-30, close);
    expectClose(of([1e38, 1e38], 2), 2e38, close);
    expectClose(of(SMALL, 1), 6e-30, close);
    expectClose(of(LARGE, Infinity), 3e38, close);
    expect(() => optim.globalNorm([], 3)).toThrow('globalNorm: ord is 3, expected 1, 2 or Infinity.');
  },
  clipFactor() {
    expectClose(optim.clipFactor([], 1), 1, 0);
    expectClose(optim.clipFactor([tf.zeros([0, 4])], 1), 1, 0);
    expectClose(optim.clipFactor([tf.tensor1d(SMALL)], 1), 1, 0);
    expectClose(optim.clipFactor([tf.tensor1d(LARGE)], 1e10), 1e10 / 3e38 / Math.SQRT2, {
      rtol: 1e-5,
      atol: 0,
    });
  },
  heldTensor() {
    const nothing = tf.variable(tf.zeros([0, 4]), true, 'nothing');
    const held = { m: tf.zeros([0, 4]) };
    expect(optim.heldTensor('test', nothing, held, 'm')).toBe(held.m);
    expect(() => optim.heldTensor('test', nothing, { m: tf.zeros([0, 3]) }, 'm')).toThrow('test: the state');
  },
  countOf: () => expectClose(optim.countOf(0), 0, 0),
  heldCount() {
    const w = tf.variable(tf.zeros([1]), true, 'w');
    expect(optim.heldCount('test', w, { step: tf.scalar(2 ** 31 - 1, 'int32') }, 'step')).toBe(2 ** 31 - 1);
    expect(() => optim.heldCount('test', w, { step: tf.zeros([0], 'int32') }, 'step')).toThrow(
      'test: the count',
    );
  },
  TransformOptimizer() {
    const make = () => new TransformOptimizer(optim.sgd(), (value) => tf.relu(value));
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  AdamW: () => expect(stepsBeside(true, new optim.AdamW())).toEqual(stepsBeside(false, new optim.AdamW())),
  optimizerClass() {
    const Sgd = optim.optimizerClass('Sgd', optim.sgd);
    expect(stepsBeside(true, new Sgd())).toEqual(stepsBeside(false, new Sgd()));
  },
  WithTransform() {
    const make = () => new optim.WithTransform(tf.train.sgd(0.1), optim.momentum(0.9));
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  WithAverage() {
    const make = () => new optim.WithAverage(tf.train.sgd(0.1));
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  withAverage() {
    const make = () => optim.withAverage(new optim.AdamW(), { decay: 0.5 });
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  withTransform() {
    const make = () => optim.withTransform(tf.train.sgd(0.1), optim.clipByGlobalNorm(1));
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  withTransformClass() {
    const Clipped = optim.withTransformClass('Clipped', () => optim.clipByGlobalNorm(1));
    const make = () => new Clipped(tf.train.sgd(0.1));
    expect(stepsBeside(true, make())).toEqual(stepsBeside(false, make()));
  },
  setToZero() {
    takes(optim.setToZero, [0, 0], [0, 0])();
    expect(stepsBeside(true, new TransformOptimizer(optim.setToZero()))).toEqual([1, -2]);
  },
  withoutStep: sgdTakes(() => optim.withoutStep(optim.stateless('same', (g) => g))),
  checkNumber: NUMBERS,
  checkedSchedule: NUMBERS,
  constant: NUMBERS,
  inverseSqrt: NUMBERS,
  linear: NUMBERS,
  plateau: NUMBERS,
  staircaseInverseSqrt: NUMBERS,
  warmupCosine: NUMBERS,
  both: SELECTOR,
  isMatrix: SELECTOR,
  named: SELECTOR,
  not: SELECTOR,
});
