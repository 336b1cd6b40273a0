import { TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import {
  type GrokAdamWOptions,
  type GrokfastMaOptions,
  grokAdamW,
  grokfastEma,
  grokfastMa,
} from './index.js';

/** Gradients by step and parameter; null where a parameter has none. Eighths, exact in float32. */
type Gradients = (number[] | null)[][];

const eighth = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);
const vector = fc.array(eighth, { minLength: 3, maxLength: 3 });
const gradients: fc.Arbitrary<Gradients> = fc.integer({ min: 1, max: 3 }).chain((size) =>
  fc.array(fc.array(fc.option(vector, { freq: 4 }), { minLength: size, maxLength: size }), {
    minLength: 1,
    maxLength: 6,
  }),
);

type Reading = number | 'raise' | null;
const signals = fc.array(
  fc.array(fc.constantFrom<Reading>(0, 0.5, 2, -0.5, null, 'raise'), { maxLength: 3 }),
  {
    minLength: 6,
    maxLength: 6,
  },
);
const options = fc.record({
  learningRate: fc.constantFrom(0.001, 0.1),
  beta1: fc.constantFrom(0, 0.8, 0.9),
  beta2: fc.constantFrom(0.9, 0.999),
  epsilon: fc.constantFrom(1e-8, 0.1),
  weightDecay: fc.constantFrom(0, 0.3),
  alphaInit: fc.constantFrom(0, 0.9, 0.98, 1),
  lambda: fc.constantFrom(0, 2, 5),
  gamma: fc.constantFrom(0, 0.1, 1),
  grokkingSignalDecayRate: fc.constantFrom(0, 0.1, 1.5),
  maxGradNorm: fc.constantFrom(0, 0.25, 1, 100, Infinity),
});

const START = [1, -0.5, 2];

/** The published code, line by line, in float64. */
function published(o: Required<Omit<GrokAdamWOptions, 'grokkingSignals' | 'layerDecay' | 'layerOf'>>) {
  type Memory = { w: number[]; m: number[]; v: number[]; ema: number[]; step: number };
  const memories = new Map<number, Memory>();
  const memory = (i: number): Memory => {
    const zeros = () => START.map(() => 0);
    if (!memories.has(i)) memories.set(i, { w: [...START], m: zeros(), v: zeros(), ema: zeros(), step: 0 });
    return memories.get(i)!;
  };
  const step = (grads: (number[] | null)[], readings: readonly Reading[]) => {
    const known = readings.filter((reading) => typeof reading === 'number');
    const signal = known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
    const alpha = signal === null ? o.alphaInit : o.alphaInit * Math.exp(-o.grokkingSignalDecayRate * signal);
    let index = 0;
    grads.forEach((grad, i) => {
      if (!grad) return;
      const p = memory(i);
      p.step++;
      const norm = Math.hypot(...grad);
      const clip = o.maxGradNorm > 0 ? Math.min(1, o.maxGradNorm / (norm + 1e-6)) : 1;
      const beta1 = o.beta1 * (1 - o.gamma) ** index++;
      const size = ((o.learningRate as number) * Math.sqrt(1 - o.beta2 ** p.step)) / (1 - o.beta1 ** p.step);
      grad.forEach((raw, j) => {
        const g = raw * clip;
        p.ema[j] = alpha * p.ema[j] + (1 - alpha) * g;
        const amplified = g + o.lambda * p.ema[j];
        p.m[j] = beta1 * p.m[j] + (1 - beta1) * amplified;
        p.v[j] = o.beta2 * p.v[j] + (1 - o.beta2) * amplified * amplified;
        p.w[j] *= 1 - (o.learningRate as number) * o.weightDecay;
        p.w[j] -= (size * p.m[j]) / (Math.sqrt(p.v[j]) + o.epsilon);
      });
    });
    return { signal, alpha };
  };
  return { step, weights: (i: number) => memory(i).w };
}

describeOnBackends('against the published code in float64,', () => {
  it('grokAdamW takes the same steps, whatever its options and the gradients that are missing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    fc.assert(
      fc.property(options, signals, gradients, (chosen, readings, steps) => {
        const reference = published(chosen);
        let now = 0;
        const transform = grokAdamW({
          ...chosen,
          grokkingSignals: [0, 1, 2].map((i) => () => {
            const reading = readings[now][i] ?? null;
            if (reading === 'raise') throw new Error('no loss yet');
            return reading;
          }),
        });
        const optimizer = new TransformOptimizer(transform);
        const params = steps[0].map((_, i) => tf.variable(tf.tensor1d(START), true, `p${i}`));
        for (; now < steps.length; now++) {
          const { signal, alpha } = reference.step(steps[now], readings[now]);
          const named = steps[now].flatMap((grad, i) =>
            grad ? [{ name: `p${i}`, tensor: tf.tensor1d(grad) as tf.Tensor }] : [],
          );
          optimizer.applyGradients(named);
          tf.dispose(named);
          expect(transform.signal).toBe(signal);
          expect(transform.alpha).toBe(alpha);
          params.forEach((param, i) => {
            const [found, wanted] = [param.dataSync(), reference.weights(i)];
            wanted.forEach((w, j) => {
              expect(Math.abs(found[j] - w)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(w)));
            });
          });
        }
        optimizer.dispose();
        tf.dispose(params);
      }),
    );
    warn.mockRestore();
  });

  it('grokAdamW by layer takes the same steps whatever the order of the parameters', () => {
    const names = ['blocks.2.w', 'tokens', 'blocks.1.w'];
    fc.assert(
      fc.property(gradients, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (steps, order) => {
        const run = (orderOf: readonly number[]) => {
          const optimizer = new TransformOptimizer(grokAdamW({ layerDecay: 'layer', learningRate: 0.1 }));
          const params = names.map((name) => tf.variable(tf.tensor1d(START), true, name));
          for (const grads of steps) {
            const named = orderOf.flatMap((i) =>
              grads[i] ? [{ name: names[i], tensor: tf.tensor1d(grads[i]) as tf.Tensor }] : [],
            );
            optimizer.applyGradients(named);
            tf.dispose(named);
          }
          const values = params.map((param) => param.arraySync());
          optimizer.dispose();
          tf.dispose(params);
          return values;
        };
        expect(run(order)).toEqual(run([0, 1, 2]));
      }),
      { numRuns: 30 },
    );
  });

  it('the Grokfast filters return the same gradients, also from the first that a parameter has', () => {
    const average = fc.record<
      Required<Pick<GrokfastMaOptions, 'windowSize' | 'filterType' | 'warmup' | 'lambda'>>
    >({
      windowSize: fc.integer({ min: 1, max: 4 }),
      filterType: fc.constantFrom('mean', 'sum'),
      warmup: fc.boolean(),
      lambda: fc.constantFrom(0, 0.5, 5),
    });
    fc.assert(
      fc.property(
        gradients,
        average,
        fc.boolean(),
        fc.constantFrom(0, 0.8, 0.98),
        (steps, ma, trigger, alpha) => {
          const params = Object.fromEntries(
            steps[0].map((_, i) => [`p${i}`, tf.variable(tf.tensor1d(START), true, `p${i}`)]),
          );
          const filters = [grokfastMa({ ...ma, trigger }), grokfastEma({ alpha, lambda: ma.lambda })];
          const states = [{}, {}];
          const seen = steps[0].map(() => [] as number[][]);
          const emas: number[][] = [];
          steps.forEach((grads, count) => {
            const updates = Object.fromEntries(
              grads.flatMap((grad, i) => (grad ? [[`p${i}`, tf.tensor1d(grad) as tf.Tensor]] : [])),
            );
            const outs = filters.map((filter, f) => filter.update(updates, states[f], { count, params }));
            outs.forEach((out, f) => {
              states[f] = out.state;
            });
            grads.forEach((grad, i) => {
              if (!grad) return;
              seen[i] = [...seen[i], grad].slice(-ma.windowSize);
              emas[i] = grad.map((g, j) => (emas[i] ? alpha * emas[i][j] + (1 - alpha) * g : g));
              const isActive = !ma.warmup || (seen[i].length === ma.windowSize && !trigger);
              const wanted = grad.map((g, j) => {
                const sum = seen[i].reduce((total, each) => total + each[j], 0);
                return isActive ? g + ma.lambda * (ma.filterType === 'mean' ? sum / seen[i].length : sum) : g;
              });
              const [byMa, byEma] = outs.map(({ updates }) => updates[`p${i}`].dataSync());
              grad.forEach((g, j) => {
                expect(Math.abs(byMa[j] - wanted[j])).toBeLessThanOrEqual(1e-4);
                expect(Math.abs(byEma[j] - (g + ma.lambda * emas[i][j]))).toBeLessThanOrEqual(1e-4);
              });
            });
          });
          tf.dispose(params);
        },
      ),
    );
  });
});
