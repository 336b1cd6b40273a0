import { modulaMuon, muon, orthogonalize, softCap } from '@evenkeel/lipschitz';
import * as ops from '@evenkeel/ops';
import { adamW, scaleByAdam, type Transform } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { expectClose, type Tolerance } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels } from '../test/describe-kernels.js';
import { random } from '../test/run-kernel.js';
import * as names from './kernel-names.js';

// @evenkeel/ops states which kernels its ops and those of other packages look for. Here every one of those
// functions runs with its kernel and without, on the same backend, and it is checked that the kernel did run.

type Differentiable = (...inputs: tf.Tensor[]) => tf.Tensor;

/** A function, the shapes of its inputs, and the kernels that it and its gradient must use. */
const functions: [string, Differentiable, number[][], string[]][] = [
  ['linear', ops.linear, [[2, 3, 5], [4, 5], [4]], ['linear', 'linearGrad']],
  [
    'linear without bias',
    (x, w) => ops.linear(x, w),
    [
      [7, 5],
      [4, 5],
    ],
    ['linear', 'linearGrad'],
  ],
  [
    'layerNorm',
    (x, gain, bias) => ops.layerNorm(x, gain, bias),
    [[2, 3, 9], [9], [9]],
    ['layerNorm', 'layerNormGrad'],
  ],
  [
    'layerNorm without bias',
    (x, gain) => ops.layerNorm(x, gain),
    [[6, 5], [5]],
    ['layerNorm', 'layerNormGrad'],
  ],
  ['rmsNorm', (x, gain) => ops.rmsNorm(x, gain), [[2, 3, 9], [9]], ['rmsNorm', 'rmsNormGrad']],
  ['gelu', (x) => ops.gelu(x), [[3, 7]], ['gelu', 'geluGrad']],
  ['gelu by tanh', (x) => ops.gelu(x, { approximate: 'tanh' }), [[3, 7]], ['gelu', 'geluGrad']],
  ['silu', ops.silu, [[3, 7]], ['silu', 'siluGrad']],
  ['rotaryEmbedding', (x) => ops.rotaryEmbedding(x, { offset: 3 }), [[2, 2, 5, 6]], ['rotaryEmbedding']],
  [
    'causalAttention',
    (q, k, v) => ops.causalAttention(q, k, v, { window: 4 }),
    [
      [2, 4, 9, 6],
      [2, 2, 9, 6],
      [2, 2, 9, 6],
    ],
    ['causalAttention', 'causalAttentionGrad'],
  ],
  [
    'causalAttention with dropout',
    (q, k, v) => ops.causalAttention(q, k, v, { dropout: 0.3, seed: 2 ** 32 - 5 }),
    [
      [2, 4, 70, 6],
      [2, 2, 70, 6],
      [2, 2, 70, 6],
    ],
    ['causalAttention', 'causalAttentionGrad'],
  ],
  [
    'causalAttention of one query over a cache',
    (q, k, v) => ops.causalAttention(q, k, v),
    [
      [2, 4, 1, 6],
      [2, 2, 41, 6],
      [2, 2, 41, 6],
    ],
    ['causalAttention', 'causalAttentionGrad'],
  ],
  [
    'causalAttention in the middle of a buffer, with window and dropout',
    (q, k, v) => ops.causalAttention(q, k, v, { offset: 33, window: 21, dropout: 0.6, seed: 9 }),
    [
      [2, 2, 35, 5],
      [2, 1, 75, 5],
      [2, 1, 75, 5],
    ],
    ['causalAttention', 'causalAttentionGrad'],
  ],
  ['sumOfSquares', ops.sumOfSquares, [[5, 7]], ['sumOfSquares']],
  [
    'sparseSoftmaxCrossEntropy',
    (x) => sparseSoftmaxCrossEntropy(tf.tensor1d([0, 6, -1, 3], 'int32'), x, { ignoreIndex: -1 }),
    [[4, 7]],
    ['softmaxCrossEntropy', 'softmaxCrossEntropyGrad'],
  ],
  [
    'sparseStablemaxCrossEntropy',
    (x) =>
      sparseStablemaxCrossEntropy(
        tf.tensor2d(
          [
            [0, 6],
            [-1, 3],
          ],
          [2, 2],
          'int32',
        ),
        x,
        { ignoreIndex: -1 },
      ),
    [[2, 2, 7]],
    ['stablemaxCrossEntropy', 'stablemaxCrossEntropyGrad'],
  ],
];

/** Functions without a gradient. */
const plain: [string, (x: tf.Tensor) => tf.Tensor, number[], string][] = [
  ['euclideanNorm', (x) => ops.euclideanNorm(x), [5, 7], 'euclideanNorm'],
  ['euclideanNorm in a unit', (x) => ops.euclideanNorm(x, 2 ** 20), [3, 129], 'euclideanNorm'],
];

const transforms: [string, () => Transform, string[]][] = [
  ['muon', () => muon(), ['symmetricProduct']],
  ['muon on heads', () => modulaMuon({ heads: 5, weightDecay: 0.1 }), ['symmetricProduct']],
  ['adamW', () => adamW({ learningRate: 0.1, weightDecay: 0.1 }), ['adamStep']],
  ['scaleByAdam', () => scaleByAdam({ beta1: 0.8, epsilon: 1e-3 }), ['adamStep']],
  ['orthograd', () => orthograd(), ['orthogonalProjection']],
  ['orthograd without rescaling', () => orthograd({ rescale: false }), ['orthogonalProjection']],
];

/** Runs `f` and lists the kernels it used. */
function withKernelNames<T>(f: () => T): { result: T; used: Set<string> } {
  const { engine } = tf;
  const spied = engine();
  const used = new Set<string>();
  const runKernel = spied.runKernel;
  spied.runKernel = ((name: string, ...rest: [tf.NamedTensorMap, tf.NamedAttrMap]) => {
    used.add(name);
    return runKernel.call(spied, name, ...rest);
  }) as typeof runKernel;
  try {
    return { result: f(), used };
  } finally {
    spied.runKernel = runKernel;
  }
}

/** Runs `f` without the kernels of the contract, which leaves the definitions. */
function withoutContract<T>(f: () => T): T {
  const removed = Object.values(ops.KERNELS).map((name) => tf.getKernel(name, 'wasm'));
  for (const kernel of removed) tf.unregisterKernel(kernel.kernelName, 'wasm');
  try {
    return f();
  } finally {
    for (const kernel of removed) tf.registerKernel(kernel);
  }
}

const tolerance: Tolerance = { rtol: 1e-4, atol: 1e-5 };
const numbersOf = (tensors: tf.Tensor[]) => tensors.map((t) => Array.from(t.dataSync()));
const expectSame = (got: number[][], wanted: number[][]) => {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    expectClose(value, wanted[i], tolerance);
  });
};

it('names the kernels as the contract in @evenkeel/ops does', () => {
  expect(Object.values(names).sort()).toEqual(Object.values(ops.KERNELS).sort());
});

describeKernels('the contract with @evenkeel/ops', () => {
  it.each(functions)('holds for %s, in value and gradients', (_, f, shapes, kernels) => {
    const run = () =>
      tf.tidy(() => {
        const inputs = shapes.map((shape, i) => random(shape, i + 1));
        const weighted = (...xs: tf.Tensor[]) => {
          const y = f(...xs);
          return tf.sum(tf.mul(y, random(y.shape, 9)));
        };
        const { value, grads } = tf.valueAndGrads(weighted)(inputs);
        return numbersOf([f(...inputs), value, ...grads]);
      });
    const { result, used } = withKernelNames(run);
    for (const kernel of kernels) expect(used).toContain(ops.KERNELS[kernel as keyof typeof ops.KERNELS]);
    expectSame(result, withoutContract(run));
  });

  it.each(plain)('holds for %s', (_, f, shape, kernel) => {
    const run = () => tf.tidy(() => numbersOf([f(random(shape, 1))]));
    const { result, used } = withKernelNames(run);
    expect(used).toContain(ops.KERNELS[kernel as keyof typeof ops.KERNELS]);
    expectSame(result, withoutContract(run));
  });

  it.each(transforms)('holds for %s, over three steps', (_, create, kernels) => {
    const run = () =>
      tf.tidy(() => {
        const transform = create();
        const w = tf.variable(random([5, 7], 1), true, 'w');
        let state = {};
        const updates = [0, 1, 2].map((count) => {
          const out = transform.update({ w: random([5, 7], count + 2) }, state, { count, params: { w } });
          state = out.state;
          return out.updates.w;
        });
        const result = numbersOf(updates);
        w.dispose();
        return result;
      });
    const { result, used } = withKernelNames(run);
    for (const kernel of kernels) expect(used).toContain(ops.KERNELS[kernel as keyof typeof ops.KERNELS]);
    expectSame(result, withoutContract(run));
  });

  it.each([
    [3, 200, 90],
    [2, 90, 200],
    [1, 130, 130],
    [4, 1, 7],
    [2, 33, 2],
  ])('holds for the symmetric products of a batch of %i matrices of %i×%i', (...shape) => {
    const run = () =>
      tf.tidy(() =>
        numbersOf([orthogonalize(random(shape, 1)), softCap(tf.mul(random(shape, 1), 0.1), 0.1)]),
      );
    const { result, used } = withKernelNames(run);
    expect(used).toContain(ops.KERNELS.symmetricProduct);
    expectSame(result, withoutContract(run));
  });

  it.each([
    ['small', 1e-25],
    ['large', 1e25],
  ])('projects %s gradients as orthograd promises, and parallel ones to zero', (_, scale) => {
    const project = (w: number[], g: number[]) => {
      const params = { w: tf.variable(tf.tensor1d(w)) };
      const update = orthograd().update({ w: tf.tensor1d(g) }, {}, { count: 0, params }).updates.w;
      return Array.from(update.dataSync(), (x) => x / scale);
    };
    expectClose(project([3 * scale, 0], [scale, 2 * scale]), [0, Math.sqrt(5)], 1e-5);
    expectClose(
      project(
        [0.3, 0.1, 0.7],
        [0.3, 0.1, 0.7].map((x) => 1.37 * x * scale),
      ),
      [0, 0, 0],
      0,
    );
    expectClose(project([0, 0], [3 * scale, 4 * scale]), [3, 4], 1e-5);
    expect(project([1, 2], [scale, Number.NaN]).every(Number.isNaN)).toBe(true);
  });

  it('keeps the digits of a StableMax loss that is all but zero, and finite gradients at ±1e30', () => {
    const label = tf.tensor1d([0], 'int32');
    for (const lead of [1e5, 1e15]) {
      const others = 1 / (1 + lead) + 1 / 4;
      const x = tf.tensor2d([[lead, -lead, -3]]);
      const { value, grad } = tf.valueAndGrad((x) => sparseStablemaxCrossEntropy(label, x))(x);
      expectClose(value, Math.log1p(others / (1 + lead)), { rtol: 1e-5, atol: 0 });
      expectClose(grad.dataSync()[0], -others / (1 + lead + others) / (1 + lead), { rtol: 1e-5, atol: 0 });
    }
    const extreme = tf.grad((x) => sparseStablemaxCrossEntropy(label, x))(tf.tensor2d([[-1e30, 1e30, 0]]));
    expect(Array.from(extreme.dataSync()).every(Number.isFinite)).toBe(true);
  });

  it('collapses a softmax exactly as float32 does', () => {
    const labels = tf.tensor1d([0, 0, 0], 'int32');
    const logits = tf.tensor2d([
      [40, 0, 1],
      [10, 0, 1],
      [0, 40, 1],
    ]);
    const rows = tf
      .grad((x) => sparseSoftmaxCrossEntropy(labels, x))(logits)
      .arraySync() as number[][];
    expect(rows.map(([atLabel]) => atLabel === 0)).toEqual([true, false, false]);
  });

  it.each([sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy])(
    '%o takes classes that are masked out with −Infinity',
    (loss) => {
      const labels = tf.tensor1d([2], 'int32');
      const run = () => {
        const { value, grad } = tf.valueAndGrad((x) => loss(labels, x))(tf.tensor2d([[1, -Infinity, 2]]));
        return numbersOf([value, grad]);
      };
      const result = run();
      expect(result.flat().every(Number.isFinite)).toBe(true);
      expectSame(result, withoutContract(run));
    },
  );

  it('keeps labels that the loss function made itself until its gradient has run', () => {
    const w = tf.variable(random([4, 3], 1));
    const { value, grads } = tf.variableGrads(
      () => sparseSoftmaxCrossEntropy(tf.cast(tf.ones([4]), 'int32'), w) as tf.Scalar,
      [w],
    );
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    expect(grads[w.name].shape).toEqual([4, 3]);
  });
});
