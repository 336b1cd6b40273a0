import {
  adamW,
  type Constraint,
  chain,
  clipByGlobalNorm,
  masked,
  momentum,
  partition,
  setToZero,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rmsNorm } from '../../test/tensors.js';
import {
  decoupledWeightDecay,
  embeddingNormCap,
  exactSpectralCap,
  modulaMuon,
  muon,
  spectralCap,
  spectralHammer,
  spectralNormalize,
  spectralSoftCap,
  spectralWeightDecay,
} from '../index.js';

type Layout = 'outIn' | 'inOut';
interface Matrices {
  heads: 1 | 2;
  layout: Layout;
}

/** Exact norms in float64, of each head by itself. */
function largestNorm(weight: tf.Tensor, { heads, layout }: Matrices): number {
  const matrix = (layout === 'inOut' ? tf.transpose(weight) : weight) as tf.Tensor2D;
  return Math.max(...tf.split(matrix, heads).map(rmsNorm));
}

const layouts = fc.constantFrom<Layout>('outIn', 'inOut');
const matrices = fc.record({ heads: fc.constantFrom<1 | 2>(1, 2), layout: layouts });
const norms = fc.constantFrom(0.01, 0.3, 1, 5);

/** Steps of every kind: with a promise and without, and such as make a promise about a part or about another layout. */
const transforms: fc.Arbitrary<() => Transform> = fc
  .record({
    kind: fc.integer({ min: 0, max: 8 }),
    learningRate: fc.constantFrom(0.01, 0.2, 1, 30),
    weightDecay: fc.constantFrom(0, 0.1, 3),
    matrices,
  })
  .map(({ kind, learningRate, weightDecay, matrices }) => () => {
    const own = { learningRate, weightDecay, ...matrices };
    const made: Transform[] = [
      muon(own),
      modulaMuon(own),
      chain(orthograd(), muon(own)),
      chain(muon(own), momentum(0.9)),
      chain(modulaMuon(own), clipByGlobalNorm(0.1)),
      partition({ a: muon(own), b: sgd({ learningRate }) }, ({ name }) => (name === 'a' ? 'a' : 'b')),
      partition({ a: muon(own), b: setToZero() }, ({ name }) => (name === 'a' ? 'a' : 'b')),
      adamW({ learningRate, weightDecay }),
      sgd({ learningRate }),
    ];
    return made[kind];
  });

/** What may come before the cap, a caller's own constraints among them. */
const others: fc.Arbitrary<Constraint> = fc
  .record({ kind: fc.integer({ min: 0, max: 9 }), maxNorm: norms, matrices })
  .map(({ kind, maxNorm, matrices }): Constraint => {
    const options = { maxNorm, ...matrices };
    const hammer = spectralHammer(options);
    const all: Constraint[] = [
      hammer,
      spectralNormalize(options),
      spectralWeightDecay({ weightDecay: 0.5, ...matrices }),
      spectralCap(options),
      exactSpectralCap(options),
      spectralSoftCap(options),
      embeddingNormCap({ maxNorm, maxInflation: 16 }),
      (value) => tf.mul(value, 2),
      masked(decoupledWeightDecay(0.1), ({ name }) => name === 'a'),
      masked(hammer, ({ name }) => name === 'a'),
    ];
    return all[kind];
  });

const CAPS = { spectralSoftCap, spectralCap, exactSpectralCap };

const settings = fc.record({
  rows: fc.integer({ min: 1, max: 4 }).map((half) => 2 * half),
  columns: fc.integer({ min: 1, max: 4 }).map((half) => 2 * half),
  start: fc.constantFrom(0, 0.1, 40),
  seed: fc.integer({ min: 1, max: 1e6 }),
  transform: transforms,
  before: fc.array(others, { maxLength: 3 }),
  cap: fc.constantFrom<keyof typeof CAPS>(
    'spectralSoftCap',
    'spectralSoftCap',
    'spectralCap',
    'exactSpectralCap',
  ),
  maxNorm: norms,
  matrices,
  scale: fc.constantFrom(1, 1, 0.25, 3),
});

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

describeOnBackends('a cap behind any transform and any constraints', () => {
  it('holds after every step', () => {
    const run = ({ rows, columns, start, seed, transform, before, cap, maxNorm, ...rest }: Setting) =>
      tf.tidy(() => {
        tf.disposeVariables(); // of a run that failed
        const [a, b] = ['a', 'b'].map((name, i) =>
          tf.variable(tf.randomNormal([rows, columns], 0, start, 'float32', seed + i), true, name),
        );
        const optimizer = new TransformOptimizer(transform(), [
          ...before,
          CAPS[cap]({ maxNorm, ...rest.matrices }),
        ]);
        for (let step = 0; step < 4; step++) {
          optimizer.learningRateScale = step === 2 ? rest.scale : 1;
          const gradient = (i: number) =>
            tf.randomNormal([rows, columns], 0.3, 1, 'float32', seed + 10 * step + i);
          optimizer.applyGradients([a, b].map(({ name }, i) => ({ name, tensor: gradient(i) })));
          for (const weight of [a, b]) {
            // The exact cap is exact to float32.
            expect(largestNorm(weight, rest.matrices)).toBeLessThanOrEqual(maxNorm * (1 + 2e-6));
          }
        }
        optimizer.dispose();
        tf.dispose([a, b]);
      });
    type Setting = typeof settings extends fc.Arbitrary<infer T> ? T : never;
    fc.assert(fc.property(settings, run), { numRuns: 100 });
  });

  it('holds behind a hammer that raises the norm, and behind a doubling', () => {
    for (const first of [spectralHammer({ maxNorm: 5 }), (value: tf.Tensor) => tf.mul(value, 2)]) {
      tf.tidy(() => {
        const w = tf.variable(tf.zeros([16, 16]), true);
        const constraints = [first as Constraint, spectralSoftCap({ maxNorm: 1 }) as Constraint];
        const optimizer = new TransformOptimizer(modulaMuon({ learningRate: 0.1 }), constraints);
        for (let step = 0; step < 40; step++) {
          optimizer.applyGradients([{ name: w.name, tensor: tf.randomNormal([16, 16], 1, 1, 'float32', 1) }]);
          expect(rmsNorm(w)).toBeLessThanOrEqual(1);
        }
        expect(rmsNorm(w)).toBeGreaterThan(0.8);
        optimizer.dispose();
        w.dispose();
      });
    }
  });

  it('does not trust a step whose outputs are the other axis', () => {
    tf.tidy(() => {
      const w = tf.variable(tf.zeros([24, 6]), true);
      // As out-in its norm is σ / 2, as in-out it is 2 σ.
      const optimizer = new TransformOptimizer(
        modulaMuon({ learningRate: 0.2, layout: 'outIn' }),
        spectralSoftCap({ layout: 'inOut' }),
      );
      for (let step = 0; step < 20; step++) {
        optimizer.applyGradients([{ name: w.name, tensor: tf.randomNormal([24, 6], 1, 1, 'float32', 2) }]);
        expect(rmsNorm(tf.transpose(w))).toBeLessThanOrEqual(1);
      }
      optimizer.dispose();
      w.dispose();
    });
  });
});
