import {
  type Reduction,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sparseStablemaxCrossEntropy,
  stablemaxCrossEntropy,
} from '@evenkeel/stablemax';
import {
  describeOnBackends,
  expectClose,
  expectGradientMatchesDifferences,
  type GoldenTensor,
  goldenCases,
} from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import paper from '../fixtures/a1_stablemax_prieto.json' with { type: 'json' };
import collapse from '../fixtures/a3_softmax_collapse.json' with { type: 'json' };

interface Inputs {
  logits: GoldenTensor;
  labels: GoldenTensor;
}
const paperCases = goldenCases<
  Inputs,
  object,
  { loss_mean: number; loss_none: GoldenTensor; grad_logits: GoldenTensor }
>(paper).filter(({ inputs }) => inputs.labels);
const collapseCases = goldenCases<
  Inputs,
  object,
  {
    loss_mean_f64: number;
    loss_none_f64: GoldenTensor;
    grad_logits_f64: GoldenTensor;
    grad_label_zero_f32: { data: boolean[] };
  }
>(collapse);

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');
const toLabels = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'int32');
const pairs = [
  ['stablemax', sparseStablemaxCrossEntropy, stablemaxCrossEntropy],
  ['softmax', sparseSoftmaxCrossEntropy, softmaxCrossEntropy],
] as const;

/** The stablemax loss of one example and its gradient at the label, in float64 from the definition. */
function exactly(x: number[], label: number) {
  const s = x.map((v) => (v >= 0 ? v + 1 : 1 / (1 - v)));
  const others = s.reduce((sum, v, j) => (j === label ? sum : sum + v), 0);
  return {
    loss: Math.log1p(others / s[label]),
    slope: -others / (others + s[label]) / (1 + Math.abs(x[label])),
  };
}

describeOnBackends('sparseStablemaxCrossEntropy', () => {
  it.each(paperCases)('matches the code of the paper: $name', ({ inputs, expected, tolerance }) => {
    const [x, labels] = [toTensor(inputs.logits), toLabels(inputs.labels)];
    const { value, grad } = tf.valueAndGrad((x) => sparseStablemaxCrossEntropy(labels, x))(x);
    expectClose(value, expected.loss_mean, tolerance('loss_mean'));
    expectClose(grad, expected.grad_logits.data, tolerance('grad_logits'));
    const losses = sparseStablemaxCrossEntropy(labels, x, { reduction: 'none' });
    expectClose(losses, expected.loss_none.data, tolerance('loss_none'));
  });

  it('keeps the digits of losses that a difference of logarithms would round to zero', () => {
    for (const lead of [1e2, 1e5, 1e9, 1e15]) {
      const x = [Math.fround(lead), -Math.fround(lead), -3, -Math.fround(lead / 2)];
      const { loss, slope } = exactly(x, 0);
      const { value, grad } = tf.valueAndGrad((x) =>
        sparseStablemaxCrossEntropy(tf.tensor1d([0], 'int32'), x),
      )(tf.tensor2d([x]));
      expectClose(value, loss, { rtol: 1e-5, atol: 0 });
      expectClose(grad.dataSync()[0], slope, { rtol: 1e-5, atol: 0 });
      expect(slope).toBeLessThan(0);
    }
  });

  it('starts a head initialised to zeros, whose logits are all zero', () => {
    const grad = tf.grad((x) => sparseStablemaxCrossEntropy(tf.tensor1d([1], 'int32'), x))(tf.zeros([1, 4]));
    expectClose(grad, [0.25, -0.75, 0.25, 0.25], 1e-6);
  });
});

describeOnBackends('sparseSoftmaxCrossEntropy', () => {
  it.each(collapseCases)(
    'computes losses and gradients as float32 allows: $name',
    ({ inputs, expected, tolerance }) => {
      const [x, labels] = [toTensor(inputs.logits), toLabels(inputs.labels)];
      const losses = sparseSoftmaxCrossEntropy(labels, x, { reduction: 'none' });
      expectClose(losses, expected.loss_none_f64.data, tolerance('loss_none_f64'));
      const grad = tf.grad((x) => sparseSoftmaxCrossEntropy(labels, x))(x);
      expectClose(grad, expected.grad_logits_f64.data, tolerance('grad_logits_f64'));

      // The collapse itself must be there: exactly zero at the label, or not.
      const rows = grad.arraySync() as number[][];
      const isZero = inputs.labels.data.map((label, i) => rows[i][label] === 0);
      expect(isZero).toEqual(Array.from(expected.grad_label_zero_f32.data, Boolean));
    },
  );

  it('does not collapse where StableMax is trained instead', () => {
    for (const { inputs } of collapseCases) {
      const [x, labels] = [toTensor(inputs.logits), toLabels(inputs.labels)];
      const rows = tf
        .grad((x) => sparseStablemaxCrossEntropy(labels, x))(x)
        .arraySync() as number[][];
      for (const [i, label] of inputs.labels.data.entries()) expect(rows[i][label]).not.toBe(0);
    }
  });
});

describeOnBackends('cross-entropies', () => {
  const examples = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.nat());

  it.each(pairs)(
    'of %s agree for class numbers and one-hot labels, in value and gradient',
    (_, sparse, onehot) => {
      fc.assert(
        fc.property(
          examples,
          fc.constantFrom<Reduction>('mean', 'sum'),
          ([rows, others, seed], reduction) => {
            const classes = others + 1; // tf.oneHot needs two

            tf.tidy(() => {
              const x = tf.randomNormal([rows, classes], 0, 5, 'float32', seed);
              const labels = tf.randomUniformInt([rows], 0, classes, seed) as tf.Tensor1D;
              const targets = tf.cast(tf.oneHot(labels, classes), 'float32');
              const a = tf.valueAndGrad((x) => sparse(labels, x, { reduction }))(x);
              const b = tf.valueAndGrad((x) => onehot(targets, x, { reduction }))(x);
              expectClose(a.value, b.value.dataSync(), { rtol: 1e-6, atol: 1e-6 });
              expectClose(a.grad, b.grad.dataSync(), { rtol: 1e-6, atol: 1e-6 });
            });
          },
        ),
        { numRuns: 50 },
      );
    },
  );

  it.each(pairs)(
    'of %s have the gradient of central differences, also for soft labels',
    (_, sparse, onehot) => {
      const x = tf.tensor2d([
        [0.5, -1.5, 2.2],
        [1.1, 0.3, -0.7],
      ]);
      expectGradientMatchesDifferences((x) => sparse(tf.tensor1d([0, 2], 'int32'), x), x);
      expectGradientMatchesDifferences(
        (x) =>
          onehot(
            tf.tensor2d([
              [0.2, 0.5, 0.3],
              [0.9, 0, 0.1],
            ]),
            x,
          ),
        x,
      );
    },
  );

  it.each(pairs)('of %s are never negative, and log(classes) for equal logits', (_, sparse) => {
    fc.assert(
      fc.property(examples, ([rows, classes, seed]) => {
        tf.tidy(() => {
          const labels = tf.randomUniformInt([rows], 0, classes, seed);
          const losses = sparse(labels, tf.randomNormal([rows, classes], 0, 1e3, 'float32', seed), {
            reduction: 'none',
          });
          expect(Math.min(...losses.dataSync())).toBeGreaterThanOrEqual(0);
          expectClose(sparse(labels, tf.zeros([rows, classes])), Math.log(classes), 1e-6);
        });
      }),
      { numRuns: 50 },
    );
  });

  it.each(pairs)('of %s leave out ignored examples, in value, mean and gradient', (_, sparse) => {
    const x = tf.randomNormal([2, 3, 4], 0, 2, 'float32', 7);
    const labels = tf.tensor2d(
      [
        [0, -100, 3],
        [-100, 2, -100],
      ],
      [2, 3],
      'int32',
    );
    const { value, grad } = tf.valueAndGrad((x) => sparse(labels, x, { ignoreIndex: -100 }))(x);

    const kept = tf.gather(tf.reshape(x, [6, 4]), [0, 2, 4]);
    const wanted = tf.valueAndGrad((x) => sparse(tf.tensor1d([0, 3, 2], 'int32'), x))(kept);
    expectClose(value, wanted.value.dataSync(), 1e-6);
    const rows = tf.reshape(grad, [6, 4]);
    expectClose(tf.gather(rows, [0, 2, 4]), wanted.grad.dataSync(), 1e-6);
    expectClose(tf.gather(rows, [1, 3, 5]), new Array(12).fill(0), 0);

    const none = sparse(labels, x, { ignoreIndex: -100, reduction: 'none' });
    expect(none.shape).toEqual([2, 3]);
    expect(Array.from(none.dataSync(), (loss) => loss === 0)).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it.each(pairs)('of %s are zero, with zero gradient, when every example is ignored', (_, sparse) => {
    const { value, grad } = tf.valueAndGrad((x) =>
      sparse(tf.tensor1d([7, 7], 'int32'), x, { ignoreIndex: 7 }),
    )(tf.ones([2, 3]));
    expectClose(value, 0, 0);
    expectClose(grad, new Array(6).fill(0), 0);
  });

  it.each(pairs)('of %s ignore a class inside the range', (_, sparse) => {
    const x = tf.tensor2d([
      [1, 2],
      [3, -1],
    ]);
    expectClose(
      sparse(tf.tensor1d([0, 1], 'int32'), x, { ignoreIndex: 0 }),
      sparse(tf.tensor1d([1], 'int32'), tf.tensor2d([[3, -1]])).dataSync(),
      1e-6,
    );
  });

  it.each(pairs)('of %s take classes that are masked out with −Infinity', (_, sparse, onehot) => {
    const x = tf.tensor2d([[1, -Infinity, 2]]);
    const kept = tf.tensor2d([[1, 2]]);
    const [ours, wanted] = [
      tf.valueAndGrad((x) => sparse(tf.tensor1d([2], 'int32'), x))(x),
      tf.valueAndGrad((x) => sparse(tf.tensor1d([1], 'int32'), x))(kept),
    ];
    expectClose(ours.value, wanted.value.dataSync(), 1e-6);
    const [first, second] = wanted.grad.dataSync();
    expectClose(ours.grad, [first, 0, second], 1e-6);
    expectClose(onehot(tf.tensor2d([[0, 0, 1]]), x), wanted.value.dataSync(), 1e-6);
  });

  it.each(pairs)('of %s pass NaN on', (_, sparse, onehot) => {
    const x = tf.tensor2d([[Number.NaN, 1]]);
    expectClose(sparse(tf.tensor1d([1], 'int32'), x), Number.NaN, 0);
    expectClose(onehot(tf.tensor2d([[0, 1]]), x), Number.NaN, 0);
  });

  it('of stablemax train a tf.layers model through model.compile', async () => {
    const x = tf.randomNormal([64, 4], 0, 1, 'float32', 1);
    const labels = tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [64, 3]), -1) as tf.Tensor1D, 3);
    const kernelInitializer = tf.initializers.glorotNormal({ seed: 1 });
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 3, inputShape: [4], kernelInitializer })],
    });
    const optimizer = tf.train.adam(0.1);
    model.compile({ optimizer, loss: stablemaxCrossEntropy, metrics: ['accuracy'] });
    const { history } = await model.fit(x, labels, { epochs: 30, verbose: 0, shuffle: false });
    expect(Number(history.loss.at(-1))).toBeLessThan(0.5 * Number(history.loss[0]));
    expect(Number(history.acc.at(-1))).toBeGreaterThan(0.9);
    model.dispose();
    optimizer.dispose();
  });
});

describe.each(pairs)('the cross-entropies of %s', (_, sparse, onehot) => {
  const labels = (values: number[]) => tf.tensor1d(values, 'int32');
  it.each([
    [
      () => onehot(tf.zeros([2, 3]), tf.zeros([2, 4])),
      `${onehot.name}: labels have shape [2,3] and logits [2,4], expected equal shapes`,
    ],
    [() => onehot(labels([1, 0]), tf.zeros([2, 2])), 'For class numbers use the sparse loss.'],
    [
      () => sparse(tf.zeros([2, 3]), tf.zeros([2, 3])),
      `${sparse.name}: labels have shape [2,3] and logits [2,3], expected labels [...]`,
    ],
    [
      () => sparse(tf.zeros([2]), tf.zeros([2, 3])),
      `${sparse.name}: labels have dtype float32, expected int32.`,
    ],
    [
      () => sparse(labels([0, 3]), tf.zeros([2, 3])),
      `${sparse.name}: label 1 is 3, expected 0 to 2. Are there`,
    ],
    [
      () => sparse(labels([-1, 0]), tf.zeros([2, 3]), { ignoreIndex: -100 }),
      'label 0 is -1, expected 0 to 2 or ignoreIndex -100.',
    ],
    [() => sparse(labels([0]), tf.zeros([1, 3]), { ignoreIndex: 0.5 }), `${sparse.name}: ignoreIndex is 0.5`],
    [
      () => sparse(labels([0]), tf.zeros([1, 3]), { reduction: 'average' as 'mean' }),
      `${sparse.name}: reduction is 'average', expected`,
    ],
  ])('refuse bad input: %o', (call, message) => {
    expect(() => tf.tidy(() => void call())).toThrow(message);
  });
});
