import { grokAdamW } from '@evenkeel/grokadamw';
import {
  adamW,
  type Constraint,
  chain,
  masked,
  named,
  not,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { rmsNorm } from '../../test/tensors.js';
import { modulaMuon, muon, publishedSoftCap, spectralCap, spectralSoftCap } from '../index.js';

/** The largest norm a weight reaches over random steps, RMS→RMS, of each head if there are several. */
function largestNorm(
  transform: Transform,
  constraint: Constraint,
  start: tf.Tensor2D,
  { steps = 200, heads = 1, seed = 1 } = {},
): number {
  return tf.tidy(() => {
    const w = tf.variable(start, true);
    const optimizer = new TransformOptimizer(transform, constraint);
    let largest = 0;
    // A gradient that mostly points the same way takes the weight to the cap and holds it there.
    const drift = tf.randomNormal(start.shape, 0, 1, 'float32', seed);
    for (let step = 0; step < steps; step++) {
      const noise = tf.randomNormal(start.shape, 0, 0.3, 'float32', seed + step);
      optimizer.applyGradients([{ name: w.name, tensor: tf.add(drift, noise) }]);
      for (const head of tf.split(w as unknown as tf.Tensor2D, heads))
        largest = Math.max(largest, rmsNorm(head));
    }
    optimizer.dispose();
    w.dispose();
    return largest;
  });
}

afterEach(() => vi.restoreAllMocks());

describeOnBackends('spectralSoftCap', () => {
  const settings = fc.record({
    rows: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 12 }),
    heads: fc.constantFrom(1, 1, 2),
    maxNorm: fc.constantFrom(0.01, 0.25, 1, 6),
    rate: fc.double({ min: 0.001, max: 3, noNaN: true }),
    weightDecay: fc.constantFrom(0, 0.1, 1),
    start: fc.constantFrom(0.1, 1, 30),
    seed: fc.integer({ min: 1, max: 1e6 }),
  });

  it('never lets a weight pass the cap, whatever shape, cap, learning rate and start', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    fc.assert(
      fc.property(
        settings,
        fc.boolean(),
        ({ rows, columns, heads, maxNorm, rate, weightDecay, start, seed }, isModula) =>
          tf.tidy(() => {
            const options = { learningRate: rate * maxNorm, weightDecay, heads: isModula ? heads : 1 };
            const w = tf.randomNormal<tf.Rank.R2>(
              [rows * heads, columns],
              0,
              start * maxNorm,
              'float32',
              seed,
            );
            const norm = largestNorm(
              isModula ? modulaMuon(options) : muon(options),
              spectralSoftCap({ maxNorm, heads }),
              w,
              { steps: 200, heads, seed },
            );
            expect(norm).toBeLessThanOrEqual(maxNorm);
          }),
      ),
      { numRuns: 12 },
    );
  });

  it.each([
    ['adamW', () => adamW({ learningRate: 0.1 })],
    ['⊥AdamW', () => chain(orthograd(), adamW({ learningRate: 0.3 }))],
    ['sgd', () => sgd({ learningRate: 0.5 })],
  ])('holds behind %s, which promises nothing', (_name, transform) => {
    for (const shape of [
      [16, 6],
      [6, 16],
      [8, 8],
    ] as [number, number][]) {
      const start = tf.randomNormal<tf.Rank.R2>(shape, 0, 1, 'float32', 3);
      expect(
        largestNorm(transform(), spectralSoftCap({ maxNorm: 0.7 }), start, { steps: 40 }),
      ).toBeLessThanOrEqual(0.7);
    }
  });

  it('uses the room it has: a weight that is driven ends just below the cap', () => {
    const start = tf.zeros<tf.Rank.R2>([12, 12]);
    const norm = largestNorm(modulaMuon({ learningRate: 0.05 }), spectralSoftCap({ maxNorm: 1 }), start, {
      steps: 60,
    });
    expect(norm).toBeGreaterThan(0.99);
  });

  it('holds where the published coupling does not: fanOut > fanIn, learning rate 0.1, cap 1', () => {
    const drive = (constraint: Constraint) =>
      largestNorm(modulaMuon({ learningRate: 0.1 }), constraint, tf.zeros([64, 16]), { steps: 60 });
    expect(drive(publishedSoftCap({ maxNorm: 1 }))).toBeGreaterThan(1.1);
    expect(drive(spectralSoftCap({ maxNorm: 1 }))).toBeLessThanOrEqual(1);
    expect(drive(spectralCap({ maxNorm: 1 }))).toBeLessThanOrEqual(1);
  });

  it('holds after someone else has written the weight', () => {
    tf.tidy(() => {
      const w = tf.variable(tf.zeros([6, 6]), true);
      const optimizer = new TransformOptimizer(modulaMuon({ learningRate: 0.1 }), spectralSoftCap());
      for (const step of [0, 1, 2, 3]) {
        if (step === 2) w.assign(tf.randomNormal([6, 6], 0, 50, 'float32', 4));
        optimizer.applyGradients([
          { name: w.name, tensor: tf.randomNormal([6, 6], 0, 1, 'float32', step + 1) },
        ]);
        expect(rmsNorm(w)).toBeLessThanOrEqual(1);
      }
      optimizer.dispose();
      w.dispose();
    });
  });

  it('warns once where steps are too large for a soft cap', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    largestNorm(modulaMuon({ learningRate: 0.3 }), spectralSoftCap(), tf.zeros([4, 4]), { steps: 3 });
    expect(warn).not.toHaveBeenCalled();
    largestNorm(modulaMuon({ learningRate: 0.5 }), spectralSoftCap(), tf.zeros([4, 4]), { steps: 3 });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0][0]).toContain('spectralSoftCap: one step can take a weight to 1.50 × maxNorm');
  });

  it('resumes bit for bit, whether or not the transform promises a limit', async () => {
    const transforms = [
      () => modulaMuon({ learningRate: 0.2 }),
      () => adamW({ learningRate: 0.1 }),
      () => chain(orthograd(), grokAdamW({ learningRate: 0.1, grokkingSignals: [() => 0.5] })),
    ];
    for (const transform of transforms) {
      const w = tf.variable(tf.randomNormal([6, 4], 0, 2, 'float32', 1), true);
      const create = () => new TransformOptimizer(transform(), masked(spectralSoftCap(), not(named('bias'))));
      const run = (optimizer: TransformOptimizer, steps: number[]) => {
        for (const step of steps) {
          const tensor = tf.randomNormal([6, 4], 0, 1, 'float32', step + 1);
          optimizer.applyGradients([{ name: w.name, tensor }]);
        }
        return w.arraySync();
      };
      const [first, second] = [create(), create()];
      const saved = tf.tensor(run(first, [0, 1, 2, 3, 4, 5]) as number[][]);
      await second.setWeights(await first.getWeights());
      const expected = run(first, [6, 7, 8]);
      w.assign(saved);
      expect(run(second, [6, 7, 8])).toEqual(expected);
      first.dispose();
      second.dispose();
      w.dispose();
    }
  });
});
