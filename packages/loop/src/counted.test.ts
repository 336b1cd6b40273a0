import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import p11 from '../fixtures/p11_token_weighted_accumulation.json' with { type: 'json' };
import { descent, linearModel } from '../test/problems.js';
import { accuracy, type Batch, type Callback, counted, type Loss, train } from './index.js';

const IGNORED = -100;

interface Inputs {
  E: GoldenTensor;
  W1: GoldenTensor;
  b1: GoldenTensor;
  head: GoldenTensor;
  micro_batches: { tokens: GoldenTensor; labels: GoldenTensor }[];
}
interface Expected {
  loss: number;
  grads: Record<'E' | 'W1' | 'b1' | 'head', GoldenTensor>;
}
interface Hyper {
  causal_shift_inside: boolean;
}
const PARAMETERS = ['E', 'W1', 'b1', 'head'] as const;

const tensorOf = ({ data, shape, dtype }: GoldenTensor) =>
  tf.tensor(data, shape, dtype === 'int32' ? 'int32' : 'float32');

/** The label of a token is the next one; the last has none. */
const shifted = (tokens: tf.Tensor) =>
  tf.pad(
    tf.slice(tokens, [0, 1]),
    [
      [0, 0],
      [0, 1],
    ],
    IGNORED,
  );

/** logits = head tanh(W1 E[token] + b1), over 8 tokens. */
function fixtureModel(inputs: Inputs) {
  const [E, W1, b1, head] = PARAMETERS.map((name) => tf.variable(tensorOf(inputs[name]), true, name));
  const forward = (tokens: tf.Tensor2D) => {
    const embedded = tf.matMul(
      tf.reshape(tf.oneHot(tokens, 8), [-1, 8]).toFloat() as tf.Tensor2D,
      E as tf.Tensor2D,
    );
    const hidden = tf.tanh(tf.add(tf.matMul(embedded, W1 as tf.Tensor2D, false, true), b1));
    return tf.reshape(tf.matMul(hidden as tf.Tensor2D, head as tf.Tensor2D, false, true), [
      ...tokens.shape,
      8,
    ]);
  };
  return { variables: [E, W1, b1, head], forward };
}

/** Cross-entropies of labels that count and 0 of those that do not, and which count. */
function crossEntropies(labels: tf.Tensor, logits: tf.Tensor) {
  const counts = tf.cast(tf.notEqual(labels, IGNORED), 'float32');
  const oneHot = tf.oneHot(tf.cast(tf.maximum(labels, 0), 'int32'), logits.shape.at(-1)!);
  return { losses: tf.mul(counts, tf.neg(tf.sum(tf.mul(oneHot, tf.logSoftmax(logits)), -1))), counts };
}

/** The three ways in which a loss says over how much it goes. */
const LOSSES: Record<string, Loss> = {
  'a sum and a count': (labels: tf.Tensor, logits: tf.Tensor) => {
    const { losses, counts } = crossEntropies(labels, logits);
    return { sum: tf.sum(losses), count: tf.sum(counts) };
  },
  'a sum and a count on the host': (labels: tf.Tensor, logits: tf.Tensor) => ({
    sum: tf.sum(crossEntropies(labels, logits).losses),
    count: labels.dataSync().filter((label) => label !== IGNORED).length,
  }),
  'a marked mean, NaN where nothing counts': (labels: tf.Tensor, logits: tf.Tensor) => {
    const { losses, counts } = crossEntropies(labels, logits);
    return counted(tf.div(tf.sum(losses), tf.sum(counts)), () => tf.sum(tf.notEqual(labels, IGNORED)));
  },
};

/** Loss, gradients and gradient norm of one step. */
async function step(model: { variables: tf.Variable[]; forward: unknown }, loss: Loss, data: Batch[]) {
  let gradients: Record<string, tf.Tensor> = {};
  const seen: Callback = {
    measure: (_run, tensors) => {
      gradients = Object.fromEntries(
        Object.entries(tensors.gradients).map(([name, gradient]) => [name, tf.clone(gradient)]),
      );
      return {};
    },
  };
  const { metrics } = await train({
    model: model as never,
    loss,
    optimizer: descent(0),
    data,
    steps: 1,
    gradientAccumulation: data.length,
    callbacks: [seen],
  });
  return { loss: metrics.loss, gradients, norm: metrics.gradientNorm };
}

describeOnBackends('a mean over several batches', () => {
  for (const { name, inputs, hyper, expected, tolerance } of goldenCases<Inputs, Hyper, Expected>(p11)) {
    it.each(Object.entries(LOSSES))(`is that over all labels, ${name}: %s`, async (_way, loss) => {
      const model = fixtureModel(inputs);
      const data = inputs.micro_batches.map(({ tokens, labels }) => ({
        inputs: tensorOf(tokens),
        targets: hyper.causal_shift_inside ? shifted(tensorOf(labels)) : tensorOf(labels),
      }));
      const came = await step(model, loss, data);
      expectClose([came.loss], [expected.loss], tolerance('loss'));
      for (const parameter of PARAMETERS) {
        expectClose(came.gradients[parameter], expected.grads[parameter].data, tolerance('grads'));
      }
    });
  }

  it.each(Object.entries(LOSSES))('is the same however a batch is cut: %s', async (_way, loss) => {
    const rows = fc.array(
      fc.array(fc.constantFrom(IGNORED, IGNORED, 0, 1, 2), { minLength: 3, maxLength: 3 }),
      {
        minLength: 2,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), async (labels, cuts) => {
        fc.pre(labels.flat().some((label) => label !== IGNORED));
        const w = tf.variable(tf.randomNormal([2, 3], 0, 1, 'float32', 5), true, 'w');
        const model = {
          variables: [w],
          forward: (x: tf.Tensor3D) =>
            tf.reshape(tf.matMul(tf.reshape(x, [-1, 2]), w as tf.Tensor2D), [-1, 3, 3]),
        };
        const inputs = tf.randomNormal([labels.length, 3, 2], 0, 1, 'float32', 7);
        const targets = tf.tensor2d(labels, undefined, 'int32');
        const ends = [...labels.keys()].slice(1).filter((i) => cuts[i - 1]);
        const sizes = [...ends, labels.length].map((end, i) => end - [0, ...ends][i]);
        const [x, y] = [tf.split(inputs, sizes), tf.split(targets, sizes)];
        const whole = await step(model, loss, [{ inputs, targets }]);
        const parts = await step(
          model,
          loss,
          x.map((part, i) => ({ inputs: part, targets: y[i] })),
        );
        expectClose([parts.loss, parts.norm], [whole.loss, whole.norm], 1e-5);
        expectClose(parts.gradients.w, whole.gradients.w, 1e-5);
        tf.dispose([w, inputs, targets, ...x, ...y, whole.gradients, parts.gradients]);
      }),
      { numRuns: 15 },
    );
  });

  it('adds regularizers once, also in a step in which nothing counts', async () => {
    const layer = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({
            units: 2,
            useBias: false,
            inputShape: [3],
            kernelInitializer: 'ones',
            kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }),
          }),
        ],
      });
    const batch = (labels: number[]) => ({
      inputs: tf.randomNormal([labels.length, 3], 0, 1, 'float32', labels.length),
      targets: tf.tensor1d(labels, 'int32'),
    });
    const loss = LOSSES['a sum and a count'];
    const [first, second] = [batch([1, IGNORED, IGNORED]), batch([0, 1])];
    const whole = {
      inputs: tf.concat([first.inputs, second.inputs]),
      targets: tf.concat([first.targets, second.targets]),
    };
    const model = layer();
    const [one, two] = [
      await step(model as never, loss, [whole]),
      await step(model as never, loss, [first, second]),
    ];
    expectClose([two.loss, two.norm], [one.loss, one.norm], 1e-5);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const nothing = [batch([IGNORED]), batch([IGNORED, IGNORED])];
    for (const data of [nothing, nothing.slice(0, 1)]) {
      const { loss: none, gradients } = await step(model as never, loss, data);
      expect(none).toBeUndefined();
      expectClose(Object.values(gradients)[0], [1, 1, 1, 1, 1, 1], 1e-6);
    }
    expect(warn.mock.calls[0][0]).toContain(
      'train: nothing counts in step 1, as where all labels are ignored',
    );
    warn.mockRestore();
    model.dispose();
  });

  it('leaves plain means as they are: each batch weighs the same', async () => {
    const batch = (rows: number) => ({
      inputs: tf.randomNormal([rows, 3], 0, 1, 'float32', rows),
      targets: tf.randomNormal([rows, 1], 0, 1, 'float32', rows + 9),
    });
    const [a, b] = [batch(1), batch(3)];
    const mse = tf.losses.meanSquaredError as Loss;
    const model = linearModel();
    const [one, other, both] = [
      await step(model, mse, [a]),
      await step(model, mse, [b]),
      await step(model, mse, [a, b]),
    ];
    expectClose([both.loss], [(one.loss + other.loss) / 2], 1e-6);
    const perExample: Loss = (t: tf.Tensor, y: tf.Tensor) => tf.metrics.meanSquaredError(t, y);
    const vectors = await step(model, perExample, [a, b]);
    expectClose([vectors.loss], [(one.loss + 3 * other.loss) / 4], 1e-6);
  });

  it('takes a count over to what a marked mean is made into, and warns where it is lost', async () => {
    const model = { ...linearModel(), forward: (x: tf.Tensor) => x };
    const [a, b] = [
      [1, 0],
      [IGNORED, 1],
    ].map((labels) => ({
      inputs: tf.randomNormal([2, 3], 0, 1, 'float32', labels[0] + 101),
      targets: tf.tensor1d(labels, 'int32'),
    }));
    const penalty = () => tf.sum(tf.square(model.variables[0]));
    const plain = LOSSES['a marked mean, NaN where nothing counts'] as (
      t: tf.Tensor,
      y: tf.Tensor,
    ) => tf.Tensor;
    const penalized = (t: tf.Tensor, y: tf.Tensor) => tf.add(plain(t, y), penalty());
    const marked = (t: tf.Tensor, y: tf.Tensor) => {
      const own = plain(t, y);
      return counted(tf.add(own, penalty()), own);
    };
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const whole = { inputs: tf.concat([a.inputs, b.inputs]), targets: tf.concat([a.targets, b.targets]) };
    const expected = await step(model, penalized, [whole]);
    expectClose([(await step(model, marked, [a, b])).loss], [expected.loss], 1e-5);
    expect(warn).not.toHaveBeenCalled();
    await step(model, penalized, [a, b]);
    expect(warn.mock.calls[0]?.[0]).toContain('the loss does not say how many it counted');
    warn.mockRestore();
  });

  it('refuses a loss that says its count now and then, or returns anything else', async () => {
    const model = linearModel();
    const batch = { inputs: tf.ones([1, 3]), targets: tf.ones([1, 1]) };
    let n = 0;
    const now = (t: tf.Tensor, y: tf.Tensor) => {
      const sum = tf.sum(tf.squaredDifference(t, y));
      return n++ === 0 ? { sum, count: 1 } : sum;
    };
    await expect(step(model, now as Loss, [batch, batch])).rejects.toThrow('says its count in some batches');
    await expect(step(model, (() => ({ total: 1 })) as never, [batch])).rejects.toThrow(
      'train: a loss or metric gave object, expected a tensor or { sum, count }',
    );
  });

  it('is that of validation data however they are cut, for the loss and for each metric', async () => {
    const [inputs, targets] = [
      tf.randomNormal([6, 3], 0, 1, 'float32', 3),
      tf.tensor1d([IGNORED, 2, IGNORED, IGNORED, 1, 0], 'int32'),
    ];
    const model = { ...linearModel(), forward: (x: tf.Tensor) => x };
    const rare: Loss = (t: tf.Tensor, y: tf.Tensor) => {
      const isTwo = tf.cast(tf.equal(t, 2), 'float32');
      return { sum: tf.sum(tf.mul(isTwo, tf.max(y, -1))), count: tf.sum(isTwo) };
    };
    const never: Loss = () => ({ sum: tf.scalar(3), count: 0 });
    const evaluated = async (sizes: number[]) => {
      const [x, y] = [tf.split(inputs, sizes), tf.split(targets, sizes)];
      const { metrics } = await train({
        model: model as never,
        loss: LOSSES['a marked mean, NaN where nothing counts'],
        optimizer: descent(0),
        data: [],
        steps: 0,
        evaluate: {
          data: x.map((part, i) => ({ inputs: part, targets: y[i] })),
          metrics: { accuracy, rare, never },
        },
      });
      return metrics;
    };
    const whole = await evaluated([6]);
    expect(Object.keys(whole).sort()).toEqual(['validationAccuracy', 'validationLoss', 'validationRare']);
    const hits = tf.cast(tf.equal(tf.argMax(inputs, -1), targets), 'float32');
    expectClose([whole.validationAccuracy], [tf.sum(hits).dataSync()[0] / 3], 1e-6);
    for (const sizes of [
      [1, 5],
      [1, 1, 1, 1, 1, 1],
      [3, 3],
      [2, 2, 2],
    ]) {
      const parts = await evaluated(sizes);
      for (const [name, value] of Object.entries(whole)) expectClose([parts[name]], [value], 1e-5);
    }
  });
});
