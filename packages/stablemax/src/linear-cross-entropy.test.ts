import { linear } from '@evenkeel/ops';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import fixture from '../fixtures/p10_chunked_cross_entropy.json' with { type: 'json' };
import {
  type LinearCrossEntropyOptions,
  linearSoftmaxCrossEntropy,
  linearStablemaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sparseStablemaxCrossEntropy,
} from './index.js';

interface Inputs {
  /** Whose inputs these are. */
  same_as_case?: string;
  hidden: GoldenTensor;
  weight: GoldenTensor;
  labels: GoldenTensor;
  bias?: GoldenTensor;
}
interface Hyper {
  kind: 'softmax' | 'stablemax';
  label_smoothing: number;
  z_loss: number;
  reduction: 'mean' | 'sum';
  ignore_index: number;
  vocabulary_chunks: number[];
  softcap?: number;
}
interface Expected {
  loss: number;
  loss_per_token: GoldenTensor;
  z_loss_per_token?: GoldenTensor;
  grad_hidden: GoldenTensor;
  grad_weight?: GoldenTensor;
  grad_bias?: GoldenTensor;
  grad_weight_row_norms?: GoldenTensor;
}
const cases = goldenCases<Inputs, Hyper, Expected>(fixture);
const inputsOf = (inputs: Inputs): Inputs =>
  inputs.same_as_case ? cases.find(({ name }) => name === inputs.same_as_case)!.inputs : inputs;
const floats = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');
const ints = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'int32');
const LOSSES = { softmax: linearSoftmaxCrossEntropy, stablemax: linearStablemaxCrossEntropy };
const WHOLE = { softmax: sparseSoftmaxCrossEntropy, stablemax: sparseStablemaxCrossEntropy };

describeOnBackends('linear cross-entropy', () => {
  it.each(cases)(
    'has the published loss and gradients, whatever the pieces: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const { hidden, weight, labels: ids, bias } = inputsOf(inputs);
      const [x, W, labels] = [floats(hidden), floats(weight), ints(ids)];
      const b = bias && floats(bias);
      const lossOf = LOSSES[hyper.kind];
      const options: LinearCrossEntropyOptions = {
        labelSmoothing: hyper.label_smoothing,
        zLoss: hyper.z_loss,
        softcap: hyper.softcap,
        ignoreIndex: hyper.ignore_index,
      };
      for (const chunkSize of [undefined, 1, 7, Math.max(...hyper.vocabulary_chunks)]) {
        const all = { ...options, chunkSize };
        const each = lossOf(labels, x, W, { ...all, bias: b, reduction: 'none' });
        const z = expected.z_loss_per_token?.data ?? [];
        expectClose(
          each,
          expected.loss_per_token.data.map((loss, i) => loss + (z[i] ?? 0)),
          tolerance('loss_per_token'),
        );
        const f = (x: tf.Tensor, W: tf.Tensor, bias?: tf.Tensor) =>
          lossOf(labels, x, W, { ...all, bias, reduction: hyper.reduction });
        const { value, grads } = tf.valueAndGrads(f as never)(b ? [x, W, b] : [x, W]);
        expectClose(value, expected.loss, tolerance('loss'));
        expectClose(grads[0], expected.grad_hidden.data, tolerance('grad_hidden'));
        if (expected.grad_weight) expectClose(grads[1], expected.grad_weight.data, tolerance('grad_weight'));
        if (expected.grad_weight_row_norms) {
          const norms = tf.norm(grads[1], 'euclidean', 1);
          expectClose(norms, expected.grad_weight_row_norms.data, tolerance('grad_weight_row_norms'));
        }
        if (b) expectClose(grads[2], expected.grad_bias!.data, tolerance('grad_bias'));
      }
    },
  );

  it.each(['softmax', 'stablemax'] as const)('equals the loss of whole logits: %s', (kind) => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 1e6 }),
          shape: fc.constantFrom<number[][]>([3], [2, 2], []),
          classes: fc.integer({ min: 1, max: 9 }),
          chunkSize: fc.integer({ min: 1, max: 10 }),
          scale: fc.constantFrom(0.1, 1, 30),
          ignoreIndex: fc.constantFrom(undefined, 0, -100),
          reduction: fc.constantFrom('mean' as const, 'sum' as const),
        }),
        ({ seed, shape, classes, chunkSize, scale, ignoreIndex, reduction }) => {
          tf.tidy(() => {
            const x = tf.randomNormal([...shape, 4], 0, scale, 'float32', seed);
            const W = tf.randomNormal([classes, 4], 0, 1, 'float32', seed + 1);
            const labels = tf.randomUniform(shape, 0, classes, 'int32', seed + 2);
            const options = { ignoreIndex, reduction };
            const whole = tf.valueAndGrads((x, W) => WHOLE[kind](labels, linear(x, W), options))([x, W]);
            const parts = tf.valueAndGrads((x, W) => LOSSES[kind](labels, x, W, { ...options, chunkSize }))([
              x,
              W,
            ]);
            const size = Math.max(1, Math.abs(whole.value.dataSync()[0]));
            expectClose(parts.value, whole.value.dataSync(), { rtol: 2e-5, atol: 2e-6 * size });
            whole.grads.forEach((grad, i) => {
              expectClose(parts.grads[i], grad.dataSync(), { rtol: 1e-4, atol: 2e-5 * scale });
            });
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps the digits of a StableMax loss of 10⁻¹² and its gradient, where the label leads', () => {
    const [x, W, labels] = [
      tf.tensor2d([[1]]),
      tf.tensor2d([[1e6], [-1e6], [-1e6]]),
      tf.tensor1d([0], 'int32'),
    ];
    const { value, grads } = tf.valueAndGrads((x, W) =>
      linearStablemaxCrossEntropy(labels, x, W, { chunkSize: 1 }),
    )([x, W]);
    expectClose(value, 2e-12, { rtol: 1e-5, atol: 0 });
    expectClose(tf.slice(grads[1], 0, 1), -2e-18, { rtol: 1e-4, atol: 0 });
  });

  it('computes no gradient of a weight that is not trained', () => {
    const x = tf.variable(tf.randomNormal([3, 4], 0, 1, 'float32', 1));
    const W = tf.variable(tf.randomNormal([6, 4], 0, 1, 'float32', 2), false);
    const labels = tf.tensor1d([0, 5, 2], 'int32');
    const f = (options: LinearCrossEntropyOptions) => () => linearSoftmaxCrossEntropy(labels, x, W, options);
    const { value, grads } = tf.variableGrads(f({ chunkSize: 2 }));
    expect(Object.keys(grads)).toEqual([x.name]);
    const all = tf.variableGrads(f({ frozen: false }), [x, W]);
    expectClose(grads[x.name], all.grads[x.name].dataSync(), 1e-6);
    expect(() => tf.variableGrads(f({}), [W])).toThrow();
    tf.dispose([x, W, value, all.value]);
  });

  it('takes the rows of a weight as they are needed, and keeps none', () => {
    const x = tf.variable(tf.randomNormal([3, 4], 0, 1, 'float32', 1));
    const W = tf.randomNormal([6, 4], 0, 1, 'float32', 2);
    const labels = tf.tensor1d([0, 5, 2], 'int32');
    const asked: number[][] = [];
    const rows = (begin: number, count: number) => {
      asked.push([begin, count]);
      return tf.slice(W, [begin, 0], [count, 4]);
    };
    for (const bias of [undefined, tf.randomNormal([6], 0, 1, 'float32', 3)]) {
      const options = { chunkSize: 4, bias, labelSmoothing: 0.1 };
      const want = tf.variableGrads(() => linearStablemaxCrossEntropy(labels, x, W, options), [x]);
      asked.length = 0;
      const got = tf.variableGrads(
        () => linearStablemaxCrossEntropy(labels, x, { shape: [6, 4], rows }, options),
        [x],
      );
      expect(asked).toEqual([
        [0, 4],
        [4, 2],
        [0, 4],
        [4, 2],
      ]);
      expectClose(got.value, want.value.dataSync(), 0);
      expectClose(got.grads[x.name], want.grads[x.name].dataSync(), 0);
    }
    x.dispose();
  });

  it('never holds all logits', () => {
    const [rows, classes, width] = [64, 4096, 8];
    const x = tf.variable(tf.randomNormal([rows, width], 0, 1, 'float32', 1));
    const W = tf.randomNormal([classes, width], 0, 1, 'float32', 2);
    const labels = tf.randomUniform([rows], 0, classes, 'int32', 3);
    const before = tf.memory().numBytes;
    let most = 0;
    const { makeTensorFromTensorInfo } = tf.engine();
    tf.engine().makeTensorFromTensorInfo = function (this: ReturnType<typeof tf.engine>, ...args) {
      const made = makeTensorFromTensorInfo.apply(this, args);
      most = Math.max(most, tf.memory().numBytes - before);
      return made;
    };
    try {
      tf.dispose(
        tf.variableGrads(
          () => linearSoftmaxCrossEntropy(labels, x, W, { chunkSize: 64, frozen: true }),
          [x],
        ) as never,
      );
    } finally {
      tf.engine().makeTensorFromTensorInfo = makeTensorFromTensorInfo;
    }
    expect(most).toBeGreaterThan(64 * rows * 4);
    expect(most).toBeLessThan((rows * classes * 4) / 2);
    x.dispose();
  });

  it('of nothing is 0, with gradients of 0', () => {
    const [x, W] = [tf.zeros([0, 4]), tf.ones([5, 4])];
    const labels = tf.tensor1d([], 'int32');
    const { value, grads } = tf.valueAndGrads((x, W) => linearSoftmaxCrossEntropy(labels, x, W))([x, W]);
    expectClose(value, 0, 0);
    expectClose(grads[1], new Array(20).fill(0), 0);
  });

  it.each<[LinearCrossEntropyOptions, string]>([
    [{ softcap: 0 }, 'linearSoftmaxCrossEntropy: softcap is 0, expected a number > 0'],
    [{ labelSmoothing: 1 }, 'labelSmoothing is 1, expected 0 to below 1'],
    [{ zLoss: -1 }, 'zLoss is -1'],
    [{ chunkSize: 0 }, 'chunkSize is 0'],
    [{ reduction: 'all' as 'sum' }, "reduction is 'all'"],
    [{ bias: undefined, ignoreIndex: 0.5 }, 'ignoreIndex is 0.5'],
  ])('refuses %j', (options, message) => {
    const labels = tf.tensor1d([0], 'int32');
    expect(() => linearSoftmaxCrossEntropy(labels, tf.ones([1, 2]), tf.ones([3, 2]), options)).toThrow(
      message,
    );
    expect(() => linearSoftmaxCrossEntropy(labels, tf.ones([1, 2]), tf.ones([3, 4]))).toThrow(
      'x has shape [1,2], weight [3,4], expected [..., width], [classes, width]',
    );
  });

  it('says over how many labels it is a mean', () => {
    const labels = tf.tensor1d([0, 1, 0], 'int32');
    const loss = linearSoftmaxCrossEntropy(labels, tf.ones([3, 2]), tf.ones([3, 2]), { ignoreIndex: 1 });
    expect((loss as unknown as Record<symbol, () => number>)[Symbol.for('evenkeel.count')]()).toBe(2);
  });
});
