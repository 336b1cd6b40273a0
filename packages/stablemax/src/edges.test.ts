import { describeEdges, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import * as exports from './index.js';

type Loss = (labels: tf.Tensor, logits: tf.Tensor, options?: object) => tf.Tensor;
const count = (mean: tf.Tensor) =>
  (mean as unknown as Record<symbol, () => number>)[Symbol.for('evenkeel.count')]();
const BIG = 3e38;

/** The loss of no rows is 0 over 0 labels, with a gradient without entries; the loss of no classes is an error. */
function ofNothing(loss: Loss, labelsOf: (shape: number[]) => tf.Tensor): void {
  const unknown = { reductoin: 'sum' };
  expect(() => loss(labelsOf([1, 3]), tf.zeros([1, 3]), unknown)).toThrow("Did you mean 'reduction'?");
  for (const shape of [
    [0, 3],
    [2, 0, 3],
    [0, 1],
  ]) {
    const [labels, logits] = [labelsOf(shape), tf.zeros(shape)];
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      const options = { reduction };
      const value = loss(labels, logits, options);
      expect(value.shape).toEqual(reduction === 'none' ? shape.slice(0, -1) : []);
      expectClose(value, new Float32Array(value.size), 0);
      const gradient = tf.grad((x: tf.Tensor) => loss(labels, x, options))(logits, tf.ones(value.shape));
      expect(gradient.shape).toEqual(shape);
    }
    expect(count(loss(labels, logits))).toBe(0);
  }
  for (const shape of [
    [2, 0],
    [0, 0],
  ]) {
    expect(() => loss(labelsOf(shape), tf.zeros(shape))).toThrow(
      /: logits have shape \[\d,0\], expected at least one class/,
    );
  }
}
const classNumbers = (shape: number[]) => tf.zeros(shape.slice(0, -1), 'int32');
const targets = (shape: number[]) => tf.zeros(shape);

/** Loss and gradient of one example of label 0, also given as a one-hot target. */
function at(loss: Loss, isSparse: boolean, logits: number[], value: number, gradient: number[]): void {
  const labels = isSparse ? tf.tensor1d([0], 'int32') : tf.tensor2d([logits.map((_, i) => Number(i === 0))]);
  const found = tf.valueAndGrad((x: tf.Tensor) => loss(labels, x) as tf.Scalar)(tf.tensor2d([logits]));
  expectClose(found.value, value, { rtol: 1e-5, atol: 0 });
  expectClose(found.grad, gradient, { rtol: 1e-5, atol: 1e-37 });
}

const softmaxLoss = (loss: Loss, isSparse: boolean) => () => {
  ofNothing(loss, isSparse ? classNumbers : targets);
  at(loss, isSparse, [BIG, BIG], Math.LN2, [-0.5, 0.5]);
  at(loss, isSparse, [BIG, -BIG, 0], 0, [0, 0, 0]);
  at(loss, isSparse, [0, 1e38], 1e38, [-1, 1]);
  at(loss, isSparse, [1e-30, -1e-30], Math.LN2, [-0.5, 0.5]);
};
const stablemaxLoss = (loss: Loss, isSparse: boolean) => () => {
  ofNothing(loss, isSparse ? classNumbers : targets);
  at(loss, isSparse, [BIG, BIG, BIG, BIG], Math.log(4), [-0.75 / BIG, 0.25 / BIG, 0.25 / BIG, 0.25 / BIG]);
  at(loss, isSparse, [-BIG, -BIG], Math.LN2, [-0.5 / BIG, 0.5 / BIG]);
  at(loss, isSparse, [-1e38, 1e38], 2 * Math.log(1e38), [-1e-38, 1e-38]);
  at(loss, isSparse, [1e-30, -1e-30], Math.LN2, [-0.5, 0.5]);
};

/** Of no rows; without a class; and of logits at both ends of the range, of which one row of three has collapsed. */
const collapse = (shareOf: typeof exports.softmaxCollapse) => () => {
  for (const shape of [
    [0, 3],
    [2, 0, 3],
  ]) {
    const share = shareOf(classNumbers(shape), tf.zeros(shape));
    expect([share.dataSync()[0], count(share)]).toEqual([0, 0]);
  }
  expect(() => shareOf(classNumbers([2, 0]), tf.zeros([2, 0]))).toThrow('at least one class');
  expectClose(
    shareOf(
      tf.zeros([3], 'int32'),
      tf.tensor2d([
        [BIG, -BIG],
        [BIG, BIG],
        [1e-30, 0],
      ]),
    ),
    1 / 3,
    1e-6,
  );
};

/** Of no rows, and of two classes that score alike, each `size`: what is lost, and the slope in a logit over `size`. */
const linearLoss =
  (loss: typeof exports.linearSoftmaxCrossEntropy, exactly: (size: number) => number[]) => () => {
    for (const shape of [
      [0, 3],
      [2, 0, 3],
    ]) {
      const labels = classNumbers(shape);
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const f = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
          loss(labels, x, weight, { reduction, bias }) as tf.Tensor;
        const inputs = [tf.zeros(shape), tf.ones([4, 3]), tf.ones([4])] as const;
        const value = f(...inputs);
        expect(value.shape).toEqual(reduction === 'none' ? labels.shape : []);
        expectClose(value, new Float32Array(value.size), 0);
        const gradients = tf.grads(f as never)([...inputs], tf.ones(value.shape)) as tf.Tensor[];
        expect(gradients.map((gradient) => gradient.shape)).toEqual([shape, [4, 3], [4]]);
        for (const gradient of gradients) expectClose(gradient, new Float32Array(gradient.size), 0);
      }
      expect(count(loss(labels, tf.zeros(shape), tf.ones([4, 3])))).toBe(0);
    }
    expect(() => loss(tf.zeros([2], 'int32'), tf.zeros([2, 3]), tf.zeros([0, 3]))).toThrow(
      'at least one class',
    );
    for (const size of [1e-30, 1e18]) {
      const [value, slope] = exactly(size);
      const x = tf.tensor2d([[size]]);
      const weight = tf.ones([2, 1]);
      const found = tf.valueAndGrad((weight: tf.Tensor) => loss(tf.zeros([1], 'int32'), x, weight))(weight);
      expectClose(found.value, value, 1e-5);
      expectClose(found.grad, [-slope * size * size, slope * size * size], { rtol: 1e-4, atol: 0 });
    }
  };

describeEdges(exports, {
  softmaxCrossEntropy: softmaxLoss(exports.softmaxCrossEntropy, false),
  sparseSoftmaxCrossEntropy: softmaxLoss(exports.sparseSoftmaxCrossEntropy, true),
  stablemaxCrossEntropy: stablemaxLoss(exports.stablemaxCrossEntropy, false),
  sparseStablemaxCrossEntropy: stablemaxLoss(exports.sparseStablemaxCrossEntropy, true),
  linearSoftmaxCrossEntropy: linearLoss(exports.linearSoftmaxCrossEntropy, (size) => [Math.LN2, 0.5 / size]),
  linearStablemaxCrossEntropy: linearLoss(exports.linearStablemaxCrossEntropy, (size) => [
    Math.LN2,
    0.5 / (1 + size) / size,
  ]),
  stablemax() {
    for (const shape of [[0, 3], [2, 0], [0]]) {
      for (const axis of [-1, 0]) {
        expect(exports.stablemax(tf.zeros(shape), axis).shape).toEqual(shape);
        expect(tf.grad((x: tf.Tensor) => exports.stablemax(x, axis))(tf.zeros(shape)).shape).toEqual(shape);
      }
    }
    expectClose(exports.stablemax(tf.tensor1d([BIG, BIG, BIG, BIG])), [0.25, 0.25, 0.25, 0.25], 1e-6);
    expectClose(exports.stablemax(tf.tensor1d([BIG, -BIG, 0])), [1, 0, 0], 1e-6);
    expectClose(exports.stablemax(tf.tensor1d([-BIG, -BIG])), [0.5, 0.5], 1e-5);
    expectClose(exports.stablemax(tf.tensor1d([1e30, 0]), -1, { epsilon: 1e30 }), [0.5, 0], 1e-6);
    const gradient = tf.grad((x: tf.Tensor) => exports.stablemax(x))(tf.tensor1d([BIG, -BIG, 0, BIG]));
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  },
  logStablemax() {
    for (const shape of [[0, 3], [2, 0], [0]]) {
      expect(exports.logStablemax(tf.zeros(shape)).shape).toEqual(shape);
      expect(tf.grad((x: tf.Tensor) => exports.logStablemax(x))(tf.zeros(shape)).shape).toEqual(shape);
    }
    expectClose(
      exports.logStablemax(tf.tensor1d([BIG, BIG, BIG, BIG])),
      new Array(4).fill(-Math.log(4)),
      1e-5,
    );
    expectClose(exports.logStablemax(tf.tensor1d([BIG, -BIG])), [0, -2 * Math.log(BIG)], 1e-4);
    expectClose(exports.logStablemax(tf.tensor1d([-BIG, -BIG])), [-Math.LN2, -Math.LN2], 1e-5);
  },
  softmaxCollapse: collapse(exports.softmaxCollapse),
  stablemaxCollapse: collapse(exports.stablemaxCollapse),
  zeroLossShare() {
    for (const shape of [
      [0, 3],
      [2, 0, 3],
    ]) {
      const share = exports.zeroLossShare(classNumbers(shape), tf.zeros(shape));
      expect([share.dataSync()[0], count(share)]).toEqual([0, 0]);
    }
    expect(() => exports.zeroLossShare(classNumbers([2, 0]), tf.zeros([2, 0]))).toThrow('at least one class');
    expectClose(
      exports.zeroLossShare(
        tf.zeros([2], 'int32'),
        tf.tensor2d([
          [BIG, -BIG],
          [BIG, BIG],
        ]),
      ),
      0.5,
      1e-6,
    );
  },
});
