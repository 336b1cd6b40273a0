import * as ops from '@evenkeel/ops';
import { KERNELS, kernelOr } from '@evenkeel/ops';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

interface Call {
  kernel: string;
  inputs: Record<string, number[]>;
  attributes: object;
}

/**
 * Runs `f` with stand-ins registered as kernels: each takes down what it got and returns sevens of
 * the given shapes, one tensor or several.
 */
function withKernels(backend: string, outputs: Record<string, number[] | number[][]>, f: () => void): Call[] {
  const calls: Call[] = [];
  for (const [kernelName, shapes] of Object.entries(outputs)) {
    tf.registerKernel({
      kernelName,
      backendName: backend,
      kernelFunc: ({ inputs, attrs }) => {
        const named = Object.entries(inputs).map(([name, tensor]) => [name, tensor!.shape]);
        calls.push({ kernel: kernelName, inputs: Object.fromEntries(named), attributes: { ...attrs } });
        const sevens = (shape: number[]) => tf.fill(shape, 7);
        return Array.isArray(shapes[0])
          ? (shapes as number[][]).map(sevens)
          : (sevens(shapes as number[]) as tf.TensorInfo);
      },
    });
  }
  try {
    f();
  } finally {
    for (const kernelName of Object.keys(outputs)) tf.unregisterKernel(kernelName, backend);
  }
  return calls;
}

describeOnBackends('kernelOr', (backend) => {
  const double = (x: tf.Tensor) => kernelOr('TestDouble', { x, y: undefined }, { n: 2 }, () => tf.mul(x, 2));

  it('runs the definition where no kernel is registered, and the kernel where one is', () => {
    const x = tf.tensor1d([1, 2]);
    expectClose(double(x), [2, 4], 0);
    const calls = withKernels(backend, { TestDouble: [2] }, () => expectClose(double(x), [7, 7], 0));
    expect(calls).toEqual([{ kernel: 'TestDouble', inputs: { x: [2] }, attributes: { n: 2 } }]);
    expectClose(double(x), [2, 4], 0);
  });

  it('ignores the kernels of other backends', () => {
    withKernels(`not-${backend}`, { TestDouble: [1] }, () => expectClose(double(tf.tensor1d([3])), 6, 0));
  });

  it('runs the definition for empty tensors and while tfjs records', () => {
    const calls = withKernels(backend, { TestDouble: [1] }, () => {
      expect(double(tf.zeros([0])).shape).toEqual([0]);
      expectClose(tf.grad((x) => double(x))(tf.tensor1d([1])), 2, 0);
    });
    expect(calls).toEqual([]);
  });
});

const [q, kv, lse] = [
  [1, 4, 3, 2],
  [1, 2, 3, 2],
  [1, 4, 3],
];
const attention = { scale: 0.5, offset: 0, window: 2, dropout: 0.25, seed: 7 };
const statistics = [3];
const vector = [2];
const x = [3, 2];

/** Per op: a call, the shapes of its inputs, and what its two kernels must be given and return. */
const contracts: [
  string,
  (...inputs: tf.Tensor[]) => tf.Tensor,
  number[][],
  Call,
  number[] | number[][],
  Call,
  number[] | number[][],
][] = [
  [
    'linear',
    ops.linear,
    [[5, 3], [2, 3], [2]],
    { kernel: KERNELS.linear, inputs: { x: [5, 3], weight: [2, 3], bias: [2] }, attributes: {} },
    [5, 2],
    { kernel: KERNELS.linearGrad, inputs: { dy: [5, 2], x: [5, 3], weight: [2, 3] }, attributes: {} },
    [[5, 3], [2, 3], [2]],
  ],
  [
    'layerNorm',
    (x, gain, bias) => ops.layerNorm(x, gain, bias, { epsilon: 0.5 }),
    [x, vector, vector],
    { kernel: KERNELS.layerNorm, inputs: { x, gain: vector, bias: vector }, attributes: { epsilon: 0.5 } },
    [x, statistics, statistics],
    {
      kernel: KERNELS.layerNormGrad,
      inputs: { dy: x, x, gain: vector, means: statistics, scales: statistics },
      attributes: {},
    },
    [x, vector, vector],
  ],
  [
    'rmsNorm',
    (x, gain) => ops.rmsNorm(x, gain),
    [x, vector],
    { kernel: KERNELS.rmsNorm, inputs: { x, gain: vector }, attributes: { epsilon: 1e-6 } },
    [x, statistics, statistics],
    {
      kernel: KERNELS.rmsNormGrad,
      inputs: { dy: x, x, gain: vector, means: statistics, scales: statistics },
      attributes: {},
    },
    [x, vector],
  ],
  [
    'gelu',
    (x) => ops.gelu(x, { approximate: 'tanh' }),
    [x],
    { kernel: KERNELS.gelu, inputs: { x }, attributes: { approximate: 'tanh' } },
    x,
    { kernel: KERNELS.geluGrad, inputs: { dy: x, x }, attributes: { approximate: 'tanh' } },
    x,
  ],
  [
    'silu',
    ops.silu,
    [x],
    { kernel: KERNELS.silu, inputs: { x }, attributes: {} },
    x,
    { kernel: KERNELS.siluGrad, inputs: { dy: x, x }, attributes: {} },
    x,
  ],
  [
    'rotaryEmbedding',
    (x) => ops.rotaryEmbedding(x),
    [[2, 3, 4]],
    {
      kernel: KERNELS.rotaryEmbedding,
      inputs: { x: [2, 3, 4], cos: [3, 2], sin: [3, 2] },
      attributes: { layout: 'half' },
    },
    [2, 3, 4],
    {
      kernel: KERNELS.rotaryEmbedding,
      inputs: { x: [2, 3, 4], cos: [3, 2], sin: [3, 2] },
      attributes: { layout: 'half' },
    },
    [2, 3, 4],
  ],
  [
    'causalAttention',
    (q, k, v) => ops.causalAttention(q, k, v, attention),
    [q, kv, kv],
    { kernel: KERNELS.causalAttention, inputs: { q, k: kv, v: kv }, attributes: attention },
    [q, lse],
    {
      kernel: KERNELS.causalAttentionGrad,
      inputs: { dy: q, q, k: kv, v: kv, o: q, logSumExp: lse },
      attributes: attention,
    },
    [q, kv, kv],
  ],
];

describeOnBackends('the kernel contract', (backend) => {
  it.each(contracts)('holds for %s', (_, op, shapes, forward, value, backward, gradients) => {
    const inputs = shapes.map((shape) => tf.ones(shape));
    const calls = withKernels(backend, { [forward.kernel]: value, [backward.kernel]: gradients }, () => {
      const got = tf.valueAndGrads((...xs) => tf.sum(op(...xs)))(inputs);
      expectClose(got.value, 7 * op(...inputs).size, 0);
      expect(got.grads.map(({ shape }) => shape)).toEqual(shapes);
      for (const grad of got.grads) expectClose(grad, new Array(grad.size).fill(7), 0);
    });
    expect(calls).toEqual([forward, backward, forward]);
  });

  it('gives attention over a cache its offset, an unlimited window as the number of keys, and the dropout', () => {
    const [one, cached] = [tf.ones([1, 4, 1, 2]), tf.ones([1, 2, 5, 2])];
    const [{ attributes }] = withKernels(
      backend,
      {
        [KERNELS.causalAttention]: [
          [1, 4, 1, 2],
          [1, 4, 1],
        ],
      },
      () => ops.causalAttention(one, cached, cached, { dropout: 0.1, seed: 3 }),
    );
    expect(attributes).toEqual({ scale: 1 / Math.sqrt(2), offset: 4, window: 5, dropout: 0.1, seed: 3 });
  });

  it('keeps what no kernel computes from the kernels', () => {
    const q = tf.ones([1, 4, 3, 2]);
    const all = Object.fromEntries(Object.values(KERNELS).map((name) => [name, []]));
    const calls = withKernels(backend, all, () => {
      ops.rotaryEmbedding(q, { layout: 'interleaved' });
      ops.rotaryEmbedding(tf.ones([2, 5]), { frequencies: [1] });
      ops.layerNorm(q);
      ops.rmsNorm(q);
    });
    expect(calls).toEqual([]);
  });

  it('lets the definition take second derivatives that a kernel cannot', () => {
    const curvature = () =>
      tf
        .grad((x) => tf.sum(tf.grad((x) => tf.sum(ops.silu(x)))(x)))(tf.tensor1d([0.5]))
        .dataSync()[0];
    const expected = curvature();
    withKernels(backend, { [KERNELS.siluGrad]: [1] }, () => expect(curvature()).toBe(expected));
  });

  it('holds for sumOfSquares, which has no kernel for its gradient', () => {
    const calls = withKernels(backend, { [KERNELS.sumOfSquares]: [] }, () => {
      expectClose(ops.sumOfSquares(tf.ones([2, 2])), 7, 0);
      expectClose(tf.grad(ops.sumOfSquares)(tf.tensor1d([3])), 6, 0);
    });
    expect(calls[0]).toEqual({ kernel: KERNELS.sumOfSquares, inputs: { x: [2, 2] }, attributes: {} });
  });
});
