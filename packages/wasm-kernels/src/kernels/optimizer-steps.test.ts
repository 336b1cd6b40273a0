import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { random, runKernel } from '../../test/run-kernel.js';
import { AdamStep, GrokAdamWStep, OrthogonalPart, SumOfSquares } from '../kernel-names.js';

const attrs = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  correction1: 1 - 0.9 ** 3,
  correction2: 1 - 0.99 ** 3,
  weightDecay: 0.1,
  learningRate: 1e-3,
};

describeKernels('optimizer steps', () => {
  it('AdamStep equals its equations in float64, and writes to none of its inputs', () => {
    for (const size of [0, 1, 3, 4, 21]) {
      const [gradient, m, param] = [1, 2, 3].map((seed) => random([size], seed));
      const v = tf.square(random([size], 4));
      const [g0, m0, v0, w0] = [gradient, m, v, param].map((t) => Array.from(t.dataSync()));
      const [u, nextM, nextV] = runKernel(AdamStep, { gradient, m, v, param }, attrs);
      const wantM = g0.map((g, i) => 0.9 * m0[i] + 0.1 * g);
      const wantV = g0.map((g, i) => 0.99 * v0[i] + 0.01 * g * g);
      const wantU = wantM.map((m, i) => {
        const direction = m / attrs.correction1 / (Math.sqrt(wantV[i] / attrs.correction2) + attrs.epsilon);
        return -attrs.learningRate * (direction + attrs.weightDecay * w0[i]);
      });
      expectClose(nextM, wantM, { rtol: 1e-6, atol: 1e-7 });
      expectClose(nextV, wantV, { rtol: 1e-6, atol: 1e-9 });
      expectClose(u, wantU, { rtol: 1e-5, atol: 1e-9 });
      [gradient, m, v, param].forEach((t, i) => {
        expectClose(t, [g0, m0, v0, w0][i], 0);
      });
    }
  });

  it('GrokAdamWStep equals the published code in float64, and writes to none of its inputs', () => {
    const extra = { alpha: 0.98, lambda: 2, maxGradNorm: 1.5 };
    for (const size of [0, 1, 3, 4, 21]) {
      const [gradient, m, param, ema] = [1, 2, 3, 5].map((seed) => random([size], seed));
      const v = tf.square(random([size], 4));
      const inputs = [gradient, m, v, param, ema];
      const before = inputs.map((t) => Array.from(t.dataSync()));
      const [u, nextM, nextV, nextEma] = runKernel(
        GrokAdamWStep,
        { gradient, m, v, param, ema },
        { ...attrs, epsilon: 1e-3, ...extra },
      );
      const [g0, m0, v0, w0, ema0] = before;
      const scale = Math.min(1, 1.5 / (Math.hypot(...g0) + 1e-6));
      const wantEma = g0.map((g, i) => 0.98 * ema0[i] + 0.02 * scale * g);
      const h = g0.map((g, i) => scale * g + 2 * wantEma[i]);
      const wantM = h.map((h, i) => 0.9 * m0[i] + 0.1 * h);
      const wantV = h.map((h, i) => 0.99 * v0[i] + 0.01 * h * h);
      // p *= 1 − lr·wd; p −= lr·√c₂/c₁ · m/(√v + ε)
      const stepSize = (attrs.learningRate * Math.sqrt(attrs.correction2)) / attrs.correction1;
      const wantU = wantM.map((m, i) => {
        const decayed = w0[i] * (1 - attrs.learningRate * attrs.weightDecay);
        return decayed - (stepSize * m) / (Math.sqrt(wantV[i]) + 1e-3) - w0[i];
      });
      expectClose(nextEma, wantEma, { rtol: 1e-6, atol: 1e-7 });
      expectClose(nextM, wantM, { rtol: 1e-6, atol: 1e-6 });
      expectClose(nextV, wantV, { rtol: 1e-5, atol: 1e-9 });
      expectClose(u, wantU, { rtol: 1e-5, atol: 1e-8 });
      inputs.forEach((t, i) => {
        expectClose(t, before[i], 0);
      });
    }
  });

  it('passes NaN and infinities on to their own entry only', () => {
    const gradient = tf.tensor1d([1, Number.NaN, Infinity, 1, Number.NaN]);
    const rest = tf.ones([5]);
    const inputs = { gradient, m: rest, v: rest, param: rest, ema: rest };
    const [u] = runKernel(GrokAdamWStep, inputs, { ...attrs, alpha: 0.9, lambda: 2, maxGradNorm: 0 });
    expect(Array.from(u.dataSync(), Number.isFinite)).toEqual([true, false, false, true, false]);
    expect(() => runKernel(GrokAdamWStep, inputs, { ...attrs, alpha: 0.9, lambda: 2 })).toThrow(
      "attribute 'maxGradNorm' is undefined",
    );
  });

  it('OrthogonalPart leaves nothing along the weights and keeps the length if asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.constantFrom(1, 1e-25),
        fc.nat(),
        (size, scale, seed) => {
          tf.tidy(() => {
            const [param, gradient] = [random([size], seed), tf.mul(random([size], seed + 1), scale)];
            const [w, g] = [param, gradient].map((t) => Array.from(t.dataSync()));
            const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
            const share = dot(w, g) / dot(w, w);
            const t = g.map((x, i) => x - share * w[i]);
            const stretch = Math.sqrt(dot(g, g) / dot(t, t));
            for (const rescale of [false, true]) {
              const [u] = runKernel(OrthogonalPart, { gradient, param }, { rescale });
              const expected = t.map((x) => x * (rescale ? stretch : 1));
              expectClose(u, expected, { rtol: 1e-4, atol: 1e-6 * scale });
            }
          });
        },
      ),
    );
  });

  it('OrthogonalPart is zero for parallel and the gradient for zero weights', () => {
    const param = tf.tensor1d([0.3, 0.1, 0.7]);
    const run = (gradient: tf.Tensor, param: tf.Tensor) =>
      runKernel(OrthogonalPart, { gradient, param }, { rescale: true })[0];
    expectClose(run(tf.mul(param, 1.37), param), [0, 0, 0], 0);
    expectClose(run(param, tf.zeros([3])), param.dataSync(), 1e-7);
    expectClose(run(tf.zeros([3]), param), [0, 0, 0], 0);
  });

  it('SumOfSquares is exact where a float32 sum stops growing', () => {
    expectClose(runKernel(SumOfSquares, { x: tf.ones([2 ** 24 + 2 ** 20]) })[0], [2 ** 24 + 2 ** 20], 0);
    expectClose(runKernel(SumOfSquares, { x: tf.tensor1d([1, -2, 3, -4, 5]) })[0], [55], 0);
    expectClose(runKernel(SumOfSquares, { x: tf.zeros([0]) })[0], [0], 0);
  });

  it('refuses tensors of different shapes', () => {
    const [two, three] = [tf.ones([2]), tf.ones([3])];
    expect(() => runKernel(AdamStep, { gradient: three, m: two, v: two, param: two }, attrs)).toThrow(
      "AdamStep: input 'gradient' is float32 [3], expected float32 [2].",
    );
    expect(() =>
      runKernel(AdamStep, { gradient: two, m: two, v: two, param: two }, { ...attrs, amsgrad: true }),
    ).toThrow("attribute 'amsgrad' came");
  });
});
