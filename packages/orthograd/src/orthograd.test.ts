import {
  adamW,
  addDecayedWeights,
  both,
  chain,
  isMatrix,
  masked,
  named,
  not,
  sgd,
  type Transform,
  TransformOptimizer,
  withTransform,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import paper from '../fixtures/b1_orthograd_prieto.json' with { type: 'json' };
import popularised from '../fixtures/b2_orthograd_cognitivecomputations.json' with { type: 'json' };

interface Inputs {
  param?: GoldenTensor;
  grad?: GoldenTensor;
  params?: GoldenTensor[];
  grads_per_step?: (GoldenTensor | null)[][];
}
interface Hyper {
  base_optimizer?: 'sgd' | 'adamw';
  lr: number;
  momentum?: number;
  nesterov?: boolean;
  betas?: [number, number];
  eps?: number;
  weight_decay?: number;
  skip_orthogonal_1d?: boolean;
  skip_orthogonal_param_types?: string[];
  param_names?: string[] | null;
}
interface Expected {
  projected_grad?: GoldenTensor;
  params_per_step?: GoldenTensor[][];
}

const paperCases = goldenCases<Inputs, Hyper, Expected>(paper);
const popularisedCases = goldenCases<Inputs, Hyper, Expected>(popularised);

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

/** Runs the transform once on a single parameter. */
function project(w: tf.Tensor, g: tf.Tensor, transform: Transform = orthograd()): tf.Tensor {
  const params = { w: tf.variable(w) };
  const { updates } = transform.update({ w: g }, {}, { count: 0, params });
  params.w.dispose();
  return updates.w;
}

/** The optimizer of a trajectory case, behind ⊥Grad. */
function baseOptimizer({
  base_optimizer,
  lr,
  momentum,
  nesterov,
  betas,
  eps,
  weight_decay,
}: Hyper): Transform {
  return base_optimizer === 'sgd'
    ? sgd({ learningRate: lr, momentum, nesterov, weightDecay: weight_decay })
    : adamW({
        learningRate: lr,
        beta1: betas?.[0],
        beta2: betas?.[1],
        epsilon: eps,
        weightDecay: weight_decay,
      });
}

/** Hundredths from -10 to 10: exact zeros and repeats come up often. */
const vector = (size: number) =>
  fc.array(
    fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
    { minLength: size, maxLength: size },
  );
const weightsAndGradient = fc
  .integer({ min: 2, max: 16 })
  .chain((size) => fc.tuple(vector(size), vector(size)));

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);

describeOnBackends('orthograd', () => {
  const projections = paperCases.filter(({ inputs }) => inputs.param);
  it.each(projections)('projects as the code of the paper: $name', ({ inputs, expected, tolerance }) => {
    const projected = project(toTensor(inputs.param!), toTensor(inputs.grad!));
    expectClose(projected, expected.projected_grad!.data, tolerance('projected_grad'));
  });

  const skipVectors = masked(orthograd({ rescale: false }), isMatrix);
  it.each(popularisedCases.filter(({ inputs }) => inputs.param))(
    'projects as the popular trainer without rescaling: $name',
    ({ inputs, expected, tolerance }) => {
      const projected = project(toTensor(inputs.param!), toTensor(inputs.grad!), skipVectors);
      expectClose(projected, expected.projected_grad!.data, tolerance('projected_grad'));
    },
  );

  /** Replays the gradients of a case and compares every parameter after every step. */
  function expectTrajectory(testCase: (typeof paperCases)[number], transform: Transform): void {
    const { inputs, hyper, expected, tolerance } = testCase;
    const params = inputs.params!.map((p, i) =>
      tf.variable(toTensor(p), true, hyper.param_names?.[i] ?? `trajectory.${i}`),
    );
    const optimizer = new TransformOptimizer(transform);
    inputs.grads_per_step!.forEach((grads, step) => {
      optimizer.applyGradients(
        grads.flatMap((grad, i) => (grad ? [{ name: params[i].name, tensor: toTensor(grad) }] : [])),
      );
      params.forEach((param, i) => {
        expectClose(param, expected.params_per_step![step][i].data, tolerance(`params[${i}]`));
      });
    });
    optimizer.dispose();
  }

  it.each(paperCases.filter(({ inputs }) => inputs.params))(
    'trains as the code of the paper: $name',
    (testCase) => {
      expectTrajectory(testCase, chain(orthograd(), baseOptimizer(testCase.hyper)));
    },
  );

  it.each(popularisedCases.filter(({ inputs }) => inputs.params))(
    'trains as the popular trainer: $name',
    (testCase) => {
      const { skip_orthogonal_1d, skip_orthogonal_param_types = [] } = testCase.hyper;
      const select = both(
        (param) => !skip_orthogonal_1d || isMatrix(param),
        ...skip_orthogonal_param_types.map((type) => not(named(type))),
      );
      expectTrajectory(
        testCase,
        chain(masked(orthograd({ rescale: false }), select), baseOptimizer(testCase.hyper)),
      );
    },
  );

  it('keeps the length of each gradient, or drops it', () => {
    fc.assert(
      fc.property(weightsAndGradient, ([w, g]) => {
        const update = tf.tidy(() => Array.from(project(tf.tensor1d(w), tf.tensor1d(g)).dataSync()));
        const [length, wanted] = [Math.hypot(...update), Math.hypot(...g)];
        expect(length === 0 || Math.abs(length - wanted) <= 1e-5 * wanted).toBe(true);
      }),
    );
  });

  it('returns updates orthogonal to the weights, also when the gradient is nearly parallel to them', () => {
    fc.assert(
      fc.property(weightsAndGradient, fc.constantFrom(0, 1, 100, 10_000), ([w, noise], parallel) => {
        const weights = w.map(Math.fround);
        const g = weights.map((x, i) => parallel * x + noise[i]);
        const update = tf.tidy(() => Array.from(project(tf.tensor1d(weights), tf.tensor1d(g)).dataSync()));
        const cosine = dot(update, weights) / (Math.hypot(...update) * Math.hypot(...weights) || 1);
        expect(Math.abs(cosine)).toBeLessThan(1e-5);
      }),
    );
  });

  it('projects a large matrix as exactly as a small one', () => {
    const [w, g] = [
      tf.randomNormal([1500, 700], 1, 0.1, 'float32', 1),
      tf.randomNormal([1500, 700], 1, 1, 'float32', 2),
    ];
    const [update, weights] = [project(w, g).dataSync(), w.dataSync()].map((x) => Array.from(x));
    const length = (x: number[]) => Math.sqrt(dot(x, x));
    expect(Math.abs(dot(update, weights)) / (length(update) * length(weights))).toBeLessThan(1e-6);
    expect(length(update) / length(Array.from(g.dataSync()))).toBeCloseTo(1, 5);
  });

  it('does not lose gradients and weights whose squares underflow', () => {
    const tiny = project(tf.tensor1d([3e-25, 0]), tf.tensor1d([1e-25, 2e-25]));
    expectClose(tf.mul(tiny, 1e25), [0, Math.sqrt(5)], 1e-5);
    const huge = project(tf.tensor1d([3e25, 0]), tf.tensor1d([1e25, 2e25]));
    expectClose(tf.div(huge, 1e25), [0, Math.sqrt(5)], 1e-5);
  });

  it.each([true, false])(
    'returns zero, not amplified rounding error, for a parallel gradient (rescale %s)',
    (rescale) => {
      const w = tf.tensor1d([0.3, 0.1, 0.7]);
      expectClose(project(w, tf.mul(w, 1.37), orthograd({ rescale })), [0, 0, 0], 0);
      expectClose(project(tf.tensor1d([3]), tf.tensor1d([0.1]), orthograd({ rescale })), [0], 0);
    },
  );

  it('returns the gradient itself when the weights are zero', () => {
    expectClose(project(tf.zeros([2]), tf.tensor1d([3, 4])), [3, 4], 1e-6);
  });

  it('returns zero for a zero gradient', () => {
    expectClose(project(tf.tensor1d([1, 2]), tf.zeros([2])), [0, 0], 0);
  });

  it('passes NaN on instead of hiding it', () => {
    const update = project(tf.tensor1d([1, 2, 3]), tf.tensor1d([1, Number.NaN, 0]));
    expect(Array.from(update.dataSync()).every(Number.isNaN)).toBe(true);
  });

  it('is one line in an existing tf.layers script', async () => {
    const [x, y] = [
      tf.randomNormal([64, 4], 0, 1, 'float32', 3),
      tf.randomNormal([64, 2], 0, 1, 'float32', 4),
    ];
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 8,
          activation: 'tanh',
          inputShape: [4],
          kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
        }),
        tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }),
      ],
    });
    const optimizer = withTransform(tf.train.adam(1e-2), masked(orthograd(), isMatrix)); // was: tf.train.adam(1e-2)
    model.compile({ optimizer, loss: 'meanSquaredError' });

    const kernel = model.layers[0].getWeights()[0];
    const before = Math.hypot(...kernel.dataSync());
    const { history } = await model.fit(x, y, { epochs: 20, batchSize: 16, verbose: 0, shuffle: false });
    const losses = history.loss as number[];

    expect(losses.at(-1)).toBeLessThan(0.95 * losses[0]);
    expect(Math.hypot(...model.layers[0].getWeights()[0].dataSync())).not.toBe(before);
    model.dispose();
    optimizer.dispose();
  });

  it('combines with weight decay, which may pull the weights in again', () => {
    const w = tf.variable(tf.tensor1d([3, 4]));
    const optimizer = new TransformOptimizer(
      chain(orthograd(), addDecayedWeights(1), sgd({ learningRate: 0.1 })),
    );
    optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d([4, -3]) }]);
    expectClose(w, [3 - 0.1 * (4 + 3), 4 - 0.1 * (-3 + 4)], 1e-6);
    optimizer.dispose();
  });
});
