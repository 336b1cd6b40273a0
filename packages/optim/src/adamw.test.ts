import {
  AdamW,
  type AdamWOptions,
  adamW,
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  scaleByAdam,
  scaleByLearningRate,
  TransformOptimizer,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import golden from '../fixtures/d1_adamw.json' with { type: 'json' };

interface Inputs {
  params: GoldenTensor[];
  grads_per_step: GoldenTensor[][];
}
interface Hyper {
  optimizer: 'AdamW' | 'Adam';
  lr: number;
  betas?: [number, number];
  eps?: number;
  weight_decay?: number;
  lr_per_step?: number[];
  clip_grad_norm?: number;
}
interface Expected {
  params_per_step: GoldenTensor[][];
  final_exp_avg: GoldenTensor[];
  final_exp_avg_sq: GoldenTensor[];
}

const cases = goldenCases<Inputs, Hyper, Expected>(golden);
const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

function transformOf({ optimizer, lr, betas, eps, weight_decay, lr_per_step, clip_grad_norm }: Hyper) {
  const learningRate = lr_per_step ? (count: number) => lr_per_step[count] : lr;
  const adam = { beta1: betas?.[0], beta2: betas?.[1], epsilon: eps };
  const step =
    optimizer === 'AdamW'
      ? adamW({ ...adam, learningRate, weightDecay: weight_decay })
      : // torch.optim.Adam: the decay is part of the gradient.
        chain(addDecayedWeights(weight_decay ?? 0), scaleByAdam(adam), scaleByLearningRate(learningRate));
  return clip_grad_norm ? chain(clipByGlobalNorm(clip_grad_norm), step) : step;
}

describeOnBackends('adamW', () => {
  it.each(cases)('trains as PyTorch: $name', async ({ inputs, hyper, expected, tolerance }) => {
    const params = inputs.params.map((p, i) => tf.variable(toTensor(p), true, `p${i}`));
    const optimizer = new TransformOptimizer(transformOf(hyper));
    inputs.grads_per_step.forEach((grads, step) => {
      optimizer.applyGradients(grads.map((grad, i) => ({ name: `p${i}`, tensor: toTensor(grad) })));
      params.forEach((param, i) => {
        expectClose(param, expected.params_per_step[step][i].data, tolerance(`params[${i}]`));
      });
    });

    const weights = await optimizer.getWeights();
    const slot = (name: string) => weights.find((w) => w.name.endsWith(name))!.tensor;
    params.forEach((_, i) => {
      expectClose(slot(`p${i}|m`), expected.final_exp_avg[i].data, 1e-5);
      expectClose(slot(`p${i}|v`), expected.final_exp_avg_sq[i].data, 1e-5);
    });
    optimizer.dispose();
  });

  it('follows float64 for 20 steps to 3e-7, which bias corrections in float32 would miss', () => {
    const w = tf.variable(tf.tensor1d([1, -2]));
    const optimizer = new AdamW({ learningRate: 0.1, weightDecay: 0 });
    const exact = { w: [1, -2], m: [0, 0], v: [0, 0] };
    for (let t = 1; t <= 20; t++) {
      optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, false, [w]);
      for (const i of [0, 1]) {
        const g = 2 * exact.w[i];
        exact.m[i] = 0.9 * exact.m[i] + 0.1 * g;
        exact.v[i] = 0.999 * exact.v[i] + 0.001 * g * g;
        exact.w[i] -= (0.1 * exact.m[i]) / (1 - 0.9 ** t) / (Math.sqrt(exact.v[i] / (1 - 0.999 ** t)) + 1e-8);
      }
    }
    expectClose(w, exact.w, 3e-7 * 2);
    optimizer.dispose();
  });

  it('divides by the largest average square so far with amsgrad', () => {
    const gradients = [3, 0.1, 0.1, 2, 0.01];
    const w = tf.variable(tf.scalar(0));
    const optimizer = new AdamW({ learningRate: 0.1, beta2: 0.5, weightDecay: 0, amsgrad: true });
    let [exact, m, v, vMax] = [0, 0, 0, 0];
    gradients.forEach((g, i) => {
      optimizer.applyGradients([{ name: w.name, tensor: tf.scalar(g) }]);
      m = 0.9 * m + 0.1 * g;
      v = 0.5 * v + 0.5 * g * g;
      vMax = Math.max(vMax, v);
      exact -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(vMax / (1 - 0.5 ** (i + 1))) + 1e-8);
    });
    expectClose(w, exact, 1e-6);
    optimizer.dispose();
  });

  it.each([false, true])('is the chain of its parts (amsgrad %s)', (amsgrad) => {
    const options = { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, amsgrad };
    const rate = (count: number) => 0.1 / (count + 1);
    const values = [
      adamW({ ...options, learningRate: rate, weightDecay: 0.1 }),
      chain(scaleByAdam(options), addDecayedWeights(0.1), scaleByLearningRate(rate)),
    ].map((transform) => {
      const w = tf.variable(tf.tensor1d([3, -0.1, 0.5]));
      const optimizer = new TransformOptimizer(transform);
      for (const _ of [1, 2, 3, 4])
        optimizer.minimize(() => tf.sum(tf.square(tf.square(w))) as tf.Scalar, false, [w]);
      optimizer.dispose();
      return w.dataSync();
    });
    expectClose(values[0], values[1], { rtol: 1e-6, atol: 0 });
  });

  it('takes a beta1 per parameter', () => {
    const [a, b] = [tf.variable(tf.scalar(1), true, 'a'), tf.variable(tf.scalar(1), true, 'b')];
    const optimizer = new TransformOptimizer(
      chain(scaleByAdam({ beta1: ({ name }) => (name === 'a' ? 0 : 0.9) }), scaleByLearningRate(0.1)),
    );
    for (const g of [1, -1]) {
      optimizer.applyGradients([a, b].map(({ name }) => ({ name, tensor: tf.scalar(g) })));
    }
    expectClose(a, 1, 1e-6); // no memory of direction: one step there, one back
    expectClose(b, 1 - 0.1 + (0.1 * (0.1 - 0.09)) / (1 - 0.81), 1e-6);
    optimizer.dispose();
  });
});

it.each<[AdamWOptions, string]>([
  [
    { learningRate: Number.NaN },
    'adamW: learningRate is NaN, expected a number ≥ 0 and < Infinity. A usual value is 0.001.',
  ],
  [{ learningRate: -1 }, 'adamW: learningRate is -1'],
  [{ beta1: 1 }, 'adamW: beta1 is 1, expected a number ≥ 0 and < 1. A usual value is 0.9.'],
  [{ beta2: Number.NaN }, 'adamW: beta2 is NaN'],
  [{ epsilon: -1e-8 }, 'adamW: epsilon is -1e-8'],
  [{ weightDecay: Infinity }, 'adamW: weightDecay is Infinity'],
  [{ weightDecay: '0.1' as unknown as number }, "adamW: weightDecay is '0.1'"],
])('refuses %o when it is made', (options, message) => {
  expect(() => adamW(options)).toThrow(message);
});
