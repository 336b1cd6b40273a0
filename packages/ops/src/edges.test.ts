import { describeEdges, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import * as ops from './index.js';

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Without entries: the shape of the result, 0 where it has entries, and gradients of 0 in the shapes of the inputs. */
function isNothing(op: Op, inputs: readonly number[][], output: readonly number[]): void {
  const xs = inputs.map((shape) => tf.ones(shape));
  const y = op(...xs);
  expect(y.shape).toEqual(output);
  expectClose(y, new Float32Array(y.size), 0);
  const gradients = tf.grads(op)(xs, tf.ones(y.shape));
  expect(gradients.map(({ shape }) => shape)).toEqual(inputs);
  for (const gradient of gradients) expectClose(gradient, new Float32Array(gradient.size), 0);
}

/** Value and gradients at entries of any size. */
function at(op: Op, inputs: readonly tf.Tensor[], value: number[], gradients?: readonly number[][]): void {
  const close = { rtol: 1e-5, atol: 0 };
  const y = op(...inputs);
  expectClose(y, value, close);
  const found = tf.grads(op)([...inputs], tf.onesLike(y));
  for (const gradient of found) expect(gradient.dataSync().some(Number.isNaN)).toBe(false);
  for (const [i, expected] of (gradients ?? []).entries())
    expectClose(found[i], expected, { rtol: 1e-5, atol: 1e-30 });
}

const elementwise = (op: Op) => {
  for (const shape of [[0, 4], [2, 0], [0], [2, 0, 4]]) isNothing(op, [shape], shape);
};
const BIG = 2e38;

describeEdges(ops, {
  linear() {
    isNothing(ops.linear, [[0, 3], [4, 3], [4]], [0, 4]);
    isNothing(
      ops.linear,
      [
        [2, 0, 3],
        [4, 3],
      ],
      [2, 0, 4],
    );
    isNothing(ops.linear, [[2, 3], [0, 3], [0]], [2, 0]);
    isNothing(
      (x, w) => ops.linear(x, w),
      [
        [2, 0],
        [4, 0],
      ],
      [2, 4],
    );
    at(
      (b) => ops.linear(tf.zeros([2, 0]), tf.zeros([3, 0]), b),
      [tf.tensor1d([1, 2, 3])],
      [1, 2, 3, 1, 2, 3],
      [[2, 2, 2]],
    );
    at(ops.linear, [tf.tensor2d([[BIG]]), tf.tensor2d([[1e-38]])], [2], [[1e-38], [BIG]]);
  },
  gelu() {
    elementwise((x) => ops.gelu(x));
    elementwise((x) => ops.gelu(x, { approximate: 'tanh' }));
    for (const approximate of ['none', 'tanh'] as const) {
      const op: Op = (x) => ops.gelu(x, { approximate });
      at(
        op,
        [tf.tensor1d([BIG, 1e30, -1e30, -BIG, 1e-30, 0])],
        [BIG, 1e30, 0, 0, 5e-31, 0],
        [[1, 1, 0, 0, 0.5, 0.5]],
      );
    }
  },
  silu() {
    elementwise(ops.silu);
    at(
      ops.silu,
      [tf.tensor1d([BIG, 1e30, -1e30, -BIG, 1e-30, 0])],
      [BIG, 1e30, 0, 0, 5e-31, 0],
      [[1, 1, 0, 0, 0.5, 0.5]],
    );
  },
  maxMin() {
    elementwise(ops.maxMin);
    at(ops.maxMin, [tf.tensor1d([-BIG, BIG])], [BIG, -BIG], [[1, 1]]);
  },
  layerNorm() {
    for (const shape of [
      [0, 4],
      [2, 0],
      [0, 2, 4],
      [2, 0, 4],
    ]) {
      const width = shape[shape.length - 1];
      isNothing((x, gain, bias) => ops.layerNorm(x, gain, bias), [shape, [width], [width]], shape);
      isNothing((x) => ops.layerNorm(x), [shape], shape);
    }
    for (const size of [BIG, 1e20, 1e-3]) {
      const x = tf.tensor2d([[size, 0, -size, 0]]);
      const [unit, epsilon] = [Math.SQRT2, size < 1 ? 0 : 1e-5];
      at((x) => ops.layerNorm(x, undefined, undefined, { epsilon }), [x], [unit, 0, -unit, 0]);
      at(
        (x, gain) => ops.layerNorm(x, gain, undefined, { epsilon }),
        [x, tf.ones([4])],
        [unit, 0, -unit, 0],
        [
          [0, 0, 0, 0],
          [unit, 0, -unit, 0],
        ],
      );
    }
    at(
      (x, gain) => ops.layerNorm(x, gain, undefined, { epsilon: 0 }),
      [tf.tensor2d([[1e-30, -1e-30]]), tf.ones([2])],
      [1, -1],
    );
    at(
      (x, gain) => ops.layerNorm(x, gain),
      [tf.tensor2d([[BIG, BIG, BIG, BIG]]), tf.ones([4])],
      [0, 0, 0, 0],
    );
  },
  rmsNorm() {
    for (const shape of [
      [0, 4],
      [2, 0],
      [0, 2, 4],
      [2, 0, 4],
    ]) {
      isNothing((x, gain) => ops.rmsNorm(x, gain), [shape, [shape[shape.length - 1]]], shape);
      isNothing((x) => ops.rmsNorm(x), [shape], shape);
    }
    for (const size of [3e38, 1e20, 1e-3]) {
      const x = tf.tensor2d([
        [size, -size],
        [1, 1],
      ]);
      const epsilon = size < 1 ? 0 : 1e-6;
      at((x) => ops.rmsNorm(x, undefined, { epsilon }), [x], [1, -1, 1, 1]);
      at((x, gain) => ops.rmsNorm(x, gain, { epsilon }), [x, tf.ones([2])], [1, -1, 1, 1]);
    }
    at(
      (x, gain) => ops.rmsNorm(x, gain, { epsilon: 0 }),
      [tf.tensor2d([[1e-30, 1e-30]]), tf.ones([2])],
      [1, 1],
    );
    at((x, gain) => ops.rmsNorm(x, gain), [tf.tensor2d([[1e-30, 1e-30]]), tf.ones([2])], [1e-27, 1e-27]);
  },
  rotaryEmbedding() {
    for (const shape of [
      [0, 2, 3, 4],
      [2, 0, 3, 4],
      [2, 2, 0, 4],
      [0, 4],
    ]) {
      for (const layout of ['half', 'interleaved'] as const) {
        isNothing((x) => ops.rotaryEmbedding(x, { layout }), [shape], shape);
      }
    }
    expect(() => ops.rotaryEmbedding(tf.zeros([3, 0]))).toThrow(
      'rotaryEmbedding: x has shape [3,0], expected an even last axis',
    );
    at((x) => ops.rotaryEmbedding(x), [tf.tensor2d([[BIG, -BIG]])], [BIG, -BIG], [[1, 1]]);
  },
  causalAttention() {
    const same: Op = (q, k, v) => ops.causalAttention(q, k, v);
    const dropped: Op = (q, k, v) => ops.causalAttention(q, k, v, { dropout: 0.5, seed: 1 });
    for (const shape of [
      [0, 2, 3, 4],
      [2, 0, 3, 4],
      [2, 2, 0, 4],
      [2, 2, 3, 0],
    ]) {
      isNothing(same, [shape, shape, shape], shape);
      isNothing(dropped, [shape, shape, shape], shape);
    }
    isNothing(
      same,
      [
        [2, 2, 0, 4],
        [2, 1, 3, 4],
        [2, 1, 3, 4],
      ],
      [2, 2, 0, 4],
    );
    expect(() =>
      ops.causalAttention(tf.ones([1, 1, 2, 4]), tf.ones([1, 1, 0, 4]), tf.ones([1, 1, 0, 4])),
    ).toThrow('causalAttention: offset is -2');
    const [q, k, v] = [1e18, 1e18, BIG].map((size) => tf.fill([1, 1, 2, 1], size));
    at((v) => ops.causalAttention(q, k, v), [v], [BIG, BIG]);
  },
  embedding() {
    const ids = (...shape: number[]) => tf.zeros(shape, 'int32');
    isNothing((table) => ops.embedding(table, ids(0)), [[3, 4]], [0, 4]);
    isNothing((table) => ops.embedding(table, ids(2, 0)), [[3, 4]], [2, 0, 4]);
    isNothing((table) => ops.embedding(table, ids(2)), [[3, 0]], [2, 0]);
    isNothing((table) => ops.embedding(table, ids(0)), [[0, 4]], [0, 4]);
    expect(() => ops.embedding(tf.zeros([0, 4]), ids(1))).toThrow('embedding: ids contains 0');
    at((table) => ops.embedding(table, ids(1)), [tf.tensor2d([[BIG]])], [BIG], [[1]]);
  },
  addAll() {
    for (const shape of [[0], [2, 0]]) isNothing((a, b) => ops.addAll([a, b]), [shape, shape], shape);
    at((x) => ops.addAll([x, x]), [tf.tensor1d([BIG / 2, 1e-38])], [BIG, 2e-38], [[2, 2]]);
    expect(() => ops.addAll([])).toThrow();
  },
  sumOfSquares() {
    for (const shape of [[0], [0, 4], [2, 0]]) isNothing(ops.sumOfSquares, [shape], []);
    at(ops.sumOfSquares, [tf.tensor1d([1e19, 1e-30])], [1e38], [[2e19, 2e-30]]);
    expectClose(ops.sumOfSquares(tf.tensor1d([1e38])), Infinity, 0); // which is what float32 has for 10⁷⁶
  },
  innerProduct() {
    for (const shape of [[0], [0, 4], [2, 0]]) isNothing(ops.innerProduct, [shape, shape], []);
    at(ops.innerProduct, [tf.tensor1d([BIG]), tf.tensor1d([1e-38])], [2], [[1e-38], [BIG]]);
  },
  euclideanNorm() {
    for (const shape of [[0], [0, 4], [2, 0]]) expectClose(ops.euclideanNorm(tf.zeros(shape)), 0, 0);
    for (const size of [1e-44, 1e-38, 1e-30, 1e-12, 1, 1e12, 1e20, 6e37]) {
      const f32 = Math.fround(size);
      expectClose(ops.euclideanNorm(tf.tensor1d([3 * f32, 0, 4 * f32])), 5 * f32, {
        rtol: 2e-6,
        atol: 1e-44,
      });
    }
    expectClose(ops.euclideanNorm(tf.tensor1d([3e38, -3e38]), 4), (3e38 / 4) * Math.SQRT2, {
      rtol: 1e-6,
      atol: 0,
    });
    expectClose(ops.euclideanNorm(tf.tensor1d([3e38, -3e38])), Infinity, 0);
    expectClose(ops.euclideanNorm(tf.tensor1d([Infinity, 1])), Infinity, 0);
    expectClose(ops.euclideanNorm(tf.tensor1d([1, Number.NaN])), Number.NaN, 0);
    expectClose(ops.euclideanNorm(tf.zeros([3])), 0, 0);
  },
  overNothing: () => isNothing((x) => ops.overNothing([x], [0, 2]), [[0, 5]], [0, 2]),
  rangeScale: () =>
    expectClose(ops.rangeScale(tf.tensor1d([1e38, 1, 1e-38, 0])), [2 ** -80, 1, 2 ** 90, 2 ** 90], 0),
  dropoutMask() {
    for (const shape of [[0], [0, 4], [2, 0]]) expect(ops.dropoutMask(shape, 0.5, 1).shape).toEqual(shape);
  },
  checkOptions: 'looks at names',
  constant() {
    const nothing = tf.zeros([0, 4]);
    expect([ops.isConstant(nothing), ops.isConstant(ops.constant(nothing))]).toEqual([false, true]);
  },
  isConstant: 'is tested with constant',
  kernelOr: 'runs what the others define',
  dropoutHash: 'takes and gives integers',
  rotaryFrequencies: 'takes and gives numbers, in float64',
});
