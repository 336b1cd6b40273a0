import {
  adamW,
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  isMatrix,
  masked,
  momentum,
  partition,
  scaleByAdam,
  scaleByLearningRate,
  setToZero,
  sgd,
  stateless,
  type Transform,
  TransformOptimizer,
  withTransform,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

const model = () => ({
  kernel: tf.variable(tf.tensor2d([[3], [4]]), true, 'kernel'),
  bias: tf.variable(tf.tensor1d([2]), true, 'bias'),
});
const squares = (params: readonly tf.Variable[]) => () =>
  tf.addN(params.map((param) => tf.sum(tf.square(param)))) as tf.Scalar;

describeOnBackends('an optimizer', () => {
  const wrong: [string, () => Transform, string][] = [
    ['a recipe behind a mask', () => masked(adamW(), isMatrix), "'adamW' makes no step for parameter 'bias'"],
    [
      'gradients that are only changed',
      () => clipByGlobalNorm(1),
      "'clipByGlobalNorm' makes no step for parameter 'kernel'",
    ],
    [
      'a chain without a rate',
      () => chain(clipByGlobalNorm(1), scaleByAdam()),
      "'chain' makes no step for parameter 'kernel'",
    ],
    [
      'momentum and decay alone',
      () => chain(momentum(0.9), addDecayedWeights(0.1)),
      "'chain' makes no step for parameter",
    ],
    ['two recipes in a chain', () => chain(adamW(), sgd()), "'chain' makes 2 steps for parameter 'kernel'"],
    [
      'a recipe and a rate',
      () => chain(adamW(), masked(scaleByLearningRate(0.1), isMatrix)),
      "'chain' makes 2 steps for parameter 'kernel'",
    ],
    [
      'a part without a step',
      () => partition({ a: sgd(), b: scaleByAdam() }, (p) => (isMatrix(p) ? 'a' : 'b')),
      "'partition' makes no step for parameter 'bias'",
    ],
  ];

  it.each(wrong)('of %s throws at the first step, and changes nothing', (_, create, message) => {
    const { kernel, bias } = model();
    const optimizer = new TransformOptimizer(create());
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => void optimizer.minimize(squares([kernel, bias])))).toThrow(
      `TransformOptimizer: ${message}`,
    );
    expect(tf.memory().numTensors).toBe(before);
    expectClose(kernel, [3, 4], 0);
    expectClose(bias, [2], 0);
    expect(optimizer.iterations).toBe(0);
    tf.dispose([kernel, bias]);
  });

  it('does as its error says', () => {
    const { kernel, bias } = model();
    const remedies = [
      chain(clipByGlobalNorm(1), scaleByAdam(), scaleByLearningRate(0.1)),
      chain(clipByGlobalNorm(1), adamW()),
      partition({ a: sgd(), b: adamW() }, (param) => (isMatrix(param) ? 'a' : 'b')),
      chain(masked(addDecayedWeights(0.1), isMatrix), adamW()),
      // A rule of one's own does not say what it does, and is taken at its word.
      stateless('own', (g) => tf.mul(g, -0.1)),
    ];
    for (const transform of remedies) {
      const optimizer = new TransformOptimizer(transform);
      const loss = squares([kernel, bias]);
      const before = tf.tidy(() => loss().dataSync()[0]);
      tf.tidy(() => void optimizer.minimize(loss, false, [kernel, bias]));
      expect(tf.tidy(() => loss().dataSync()[0])).toBeLessThan(before);
      optimizer.dispose();
    }
    tf.dispose([kernel, bias]);
  });

  it('leaves parameters where they are by setToZero', () => {
    const { kernel, bias } = model();
    const optimizer = new TransformOptimizer(
      partition({ train: sgd({ learningRate: 0.5 }), freeze: setToZero() }, (p) =>
        isMatrix(p) ? 'train' : 'freeze',
      ),
    );
    optimizer.minimize(squares([kernel, bias]));
    expectClose(kernel, [0, 0], 1e-6);
    expectClose(bias, [2], 0);
    tf.dispose([kernel, bias]);
  });

  it('that wraps another takes transforms that change gradients alone', () => {
    const { kernel, bias } = model();
    const wrapped = withTransform(tf.train.sgd(0.1), chain(clipByGlobalNorm(1), adamW()));
    expect(() => tf.tidy(() => void wrapped.minimize(squares([kernel, bias])))).toThrow(
      "withTransform: 'chain' makes a step of its own for parameter 'kernel', expected a transform that changes gradients",
    );
    expectClose(kernel, [3, 4], 0);
    wrapped.dispose();
    tf.dispose([kernel, bias]);
  });
});
