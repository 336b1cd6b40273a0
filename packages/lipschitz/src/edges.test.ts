import {
  type Constraint,
  type ConstraintStep,
  chain,
  momentum,
  scaleByLearningRate,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { normals, seeded } from '../test/random.js';
import { rmsNorm } from '../test/tensors.js';
import * as lipschitz from './index.js';

// Empty inputs and the ends of float32's range, for everything that is exported.

const EMPTY = [
  [0, 4],
  [4, 0],
  [0, 0],
  [0, 3, 4],
  [2, 0, 4],
  [2, 3, 0],
];

/** Sizes of the largest entry: below the smallest normal number, around, and up to the largest one. */
const ENDS = [1e-44, 1e-40, 1.2e-38, 1e-30, 1e-20, 1e20, 1e30, 1e37, 3.4e38];

/** A matrix whose largest entry is of that size, made in float64. */
function matrixOfSize(size: number, shape: [number, number], seed = 5): tf.Tensor2D {
  const values = Array.from(normals(seeded(seed), shape[0] * shape[1]));
  const largest = Math.max(...values.map(Math.abs));
  return tf.tensor2d(
    values.map((x) => (x / largest) * size),
    shape,
  );
}

const lengthOf = (x: tf.Tensor) => Math.hypot(...x.dataSync());
const allFinite = (x: tf.Tensor) => Array.from(x.dataSync()).every(Number.isFinite);
const step = { count: 0, params: {}, learningRate: 0.1 } satisfies ConstraintStep;

interface Edges {
  /** With nothing to work on: the same shape, or an error that says so. */
  empty?: () => void;
  /** With entries of that size. */
  ends?: (size: number) => void;
}

/** What holds of a constraint, at each size: its own promise, if it makes one, and numbers in any case. */
const constraint = (
  create: () => lipschitz.MatrixConstraint | Constraint,
  promise: (capped: tf.Tensor, given: tf.Tensor, size: number) => void = () => {},
): Edges => ({
  empty() {
    for (const shape of EMPTY) {
      const w = tf.variable(tf.zeros(shape), true);
      expect(create()(w, w, step).shape, `[${shape}]`).toEqual(shape);
      w.dispose();
    }
  },
  ends(size) {
    for (const shape of [
      [6, 4],
      [4, 6],
      [1, 1],
    ] as [number, number][]) {
      const w = tf.variable(matrixOfSize(size, shape), true);
      const capped = create()(w, w, step);
      expect(allFinite(capped), `[${shape}] of size ${size}`).toBe(true);
      promise(capped, w, size);
      w.dispose();
    }
  },
});

const holds =
  (cap: number) =>
  (capped: tf.Tensor, given: tf.Tensor): void => {
    const [before, after] = [rmsNorm(given), rmsNorm(capped)];
    expect(after).toBeLessThanOrEqual(cap * (1 + 2e-6));
    // Nothing is crushed: what is above the cap comes to near it, what is below stays, up to the digits of a denormal number.
    expect(after).toBeGreaterThanOrEqual(0.8 * Math.min(before, cap) - 1e-44 * Math.max(1, cap));
  };

const spectral = (create: (options: { maxNorm: number }) => lipschitz.MatrixConstraint): Edges => {
  const caps = [1e-3, 1, 1e3].map((cap) => constraint(() => create({ maxNorm: cap }), holds(cap)));
  return {
    empty: caps[1].empty,
    ends: (size) => {
      for (const { ends } of caps) ends!(size);
    },
  };
};

const transform = (create: () => Transform): Edges => ({
  empty() {
    for (const shape of EMPTY) {
      const w = tf.variable(tf.zeros(shape), true, 'w');
      const optimizer = new TransformOptimizer(create(), lipschitz.spectralSoftCap());
      optimizer.applyGradients([{ name: 'w', tensor: tf.zeros(shape) }]);
      expect(w.shape).toEqual(shape);
      optimizer.dispose();
      w.dispose();
    }
  },
  ends(size) {
    const w = tf.variable(tf.zeros([6, 4]), true, 'w');
    const optimizer = new TransformOptimizer(create());
    for (let i = 0; i < 2; i++) {
      optimizer.applyGradients([{ name: 'w', tensor: matrixOfSize(size, [6, 4], i + 1) }]);
      expect(allFinite(w), `gradients of size ${size}`).toBe(true);
    }
    if (size >= 1) expect(tf.max(tf.abs(w)).dataSync()[0]).toBeGreaterThan(1e-4);
    optimizer.dispose();
    w.dispose();
  },
});

const onTensor = (apply: (x: tf.Tensor) => tf.Tensor, largestSize = Infinity): Edges => ({
  empty: () => {
    for (const shape of EMPTY) expect(apply(tf.zeros(shape)).shape).toEqual(shape);
  },
  ends: (size) => {
    if (size <= largestSize) expect(allFinite(apply(matrixOfSize(size, [6, 4])))).toBe(true);
  },
});

const mlp = (weight: lipschitz.WeightLike) => ({ architecture: 'mlp' as const, layers: [{ weight }] });
const linear = (weight: tf.Tensor) => (x: tf.Tensor) => tf.matMul(x, weight, false, true);

const EDGES: Record<string, Edges> = {
  spectralCap: spectral(lipschitz.spectralCap),
  spectralSoftCap: spectral(lipschitz.spectralSoftCap),
  exactSpectralCap: spectral(lipschitz.exactSpectralCap),
  spectralNormalize: spectral((options) => {
    const cap = lipschitz.spectralNormalize({ ...options, iterations: 200 });
    return (value, param) => cap(value, param);
  }),
  spectralHammer: constraint(() => lipschitz.spectralHammer({ iterations: 200 })),
  spectralWeightDecay: constraint(() => lipschitz.spectralWeightDecay({ weightDecay: 0.1 })),
  decoupledWeightDecay: constraint(() => lipschitz.decoupledWeightDecay(0.1)),
  hyperball: constraint(
    () => lipschitz.hyperball({ radius: 2 }),
    (kept) => expect(lengthOf(kept)).toBeCloseTo(2, 5),
  ),
  radialBrake: constraint(
    () => lipschitz.radialBrake(),
    (kept, given, size) => {
      if (size < 1e38) expect(lengthOf(kept) / lengthOf(given)).toBeCloseTo(1, size < 1e-37 ? 0 : 5);
    },
  ),
  normalizeUpdates: transform(() => chain(sgd(), lipschitz.normalizeUpdates({ norm: 0.1 }))),
  cautious: {
    empty: transform(() => chain(lipschitz.cautious(momentum(0.9)), scaleByLearningRate(1))).empty,
    ends: (size) => {
      const w = tf.variable(tf.zeros([6, 4]), true, 'w');
      const g = matrixOfSize(size, [6, 4]);
      const { updates } = lipschitz.cautious(momentum(0)).update({ w: g }, {}, { count: 0, params: { w } });
      expect(allFinite(updates.w)).toBe(true);
      w.dispose();
    },
  },
  qkClip: {
    ...constraint(() => lipschitz.qkClip({ part: () => 'query', scores: () => [3], heads: 1, maxScore: 2 })),
    ends: (size) => {
      const w = tf.variable(matrixOfSize(1, [6, 4]), true);
      const largest = () => [size, -size];
      const clip = lipschitz.qkClip({ part: () => 'query', scores: largest, heads: 2, rule: 'queryOnly' });
      const clipped = clip(w, w, step);
      expect(allFinite(clipped)).toBe(true);
      const [first, second] = tf.split(clipped as tf.Tensor2D, 2);
      const [before, unclipped] = tf.split(w as unknown as tf.Tensor2D, 2);
      const share = Math.min(1, 100 / size);
      expect(Math.abs(rmsNorm(first) - share * rmsNorm(before))).toBeLessThan(1e-6);
      expect(second.dataSync()).toEqual(unclipped.dataSync());
      w.dispose();
    },
  },
  largestScores: {
    empty: () => {
      const none = tf.zeros([0, 2, 3, 4]);
      expect(() => lipschitz.largestScores(none, none)).toThrow('queries of shape [0,2,3,4]');
    },
    ends: (size) => {
      const q = tf.reshape(matrixOfSize(size, [3, 4]), [1, 1, 3, 4]);
      const k = tf.onesLike(q);
      expect(allFinite(lipschitz.largestScores(q, k, { scale: 0.1 }))).toBe(true);
    },
  },
  embeddingNormCap: constraint(
    () => lipschitz.embeddingNormCap({ maxNorm: 0.5 }),
    (capped, given) => {
      const rows = (x: tf.Tensor) =>
        (x.arraySync() as number[][]).map((row) => Math.hypot(...row) / Math.sqrt(row.length));
      const before = rows(given);
      rows(capped).forEach((rms, i) => {
        expect(rms).toBeLessThanOrEqual(0.5 * (1 + 1e-6));
        expect(rms).toBeGreaterThanOrEqual(Math.min(before[i], 0.5) * (1 - 1e-5) - 2e-45);
      });
    },
  ),
  publishedSoftCap: { empty: constraint(() => lipschitz.publishedSoftCap()).empty }, // diverges far from the cap
  publishedHardCap: onTensor(lipschitz.publishedHardCap, 1), // diverges beyond 4.5
  softCap: {
    empty: onTensor((x) => lipschitz.softCap(x, 0.1)).empty,
    ends: (size) => {
      const matrix = matrixOfSize(size, [6, 4]);
      expect(lipschitz.softCap(matrix, 0).dataSync()).toEqual(matrix.dataSync());
      if (size < 1e-15) return; // α itself is beyond float32
      const capped = lipschitz.softCap(matrix, 0.01 / size ** 2);
      expect(allFinite(capped)).toBe(true);
      expect(rmsNorm(capped) / rmsNorm(matrix)).toBeGreaterThan(0.5);
    },
  },
  orthogonalize: {
    empty: onTensor((x) => lipschitz.orthogonalize(x)).empty,
    ends: (size) => {
      const result = lipschitz.orthogonalize(matrixOfSize(size, [6, 4]), { epsilon: 0 });
      expect(rmsNorm(result) * Math.sqrt(6 / 4)).toBeCloseTo(1, 1);
    },
  },
  muon: transform(() => lipschitz.muon({ weightDecay: 0.1 })),
  muonWithAdamW: transform(() => lipschitz.muonWithAdamW()),
  modulaMuon: transform(() => lipschitz.modulaMuon()),
  nanochatMuon: transform(() => lipschitz.nanochatMuon({ weightDecay: 0.1 })),
  nanochatSchedules: {
    ends: (size) => {
      const { learningRate } = lipschitz.nanochatSchedules({ steps: 10, learningRate: size });
      expect(learningRate(9)).toBeGreaterThan(0);
    },
  },
  polarExpress: {
    ends: (size) => {
      const quintics = lipschitz.polarExpress({ leastValue: Math.min(size, 0.999) });
      expect(quintics.flat().every(Number.isFinite)).toBe(true);
    },
  },
  modulaEmbedding: transform(() => lipschitz.modulaEmbedding()),
  Muon: {
    empty: () => {
      const w = tf.variable(tf.zeros([0, 4]), true, 'w');
      const optimizer = new lipschitz.Muon();
      optimizer.applyGradients([{ name: 'w', tensor: tf.zeros([0, 4]) }]);
      optimizer.dispose();
      w.dispose();
    },
  },
  spectralNormEstimate: {
    empty: () => {
      for (const shape of EMPTY) {
        const estimate = lipschitz.spectralNormEstimate(tf.zeros(shape));
        expect(estimate.shape).toEqual(shape.length === 2 ? [] : [shape[0]]);
        expect(Array.from(estimate.dataSync()).every((x) => x === 0)).toBe(true);
      }
    },
    ends: (size) => {
      if (size > 1e38) return; // the norm itself is beyond float32
      const matrix = matrixOfSize(size, [6, 4]);
      const estimate = lipschitz.spectralNormEstimate(matrix, { iterations: 100 }).dataSync()[0];
      const exact = rmsNorm(matrix) * Math.sqrt(6 / 4);
      expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(1e-4 * exact + 3e-45);
    },
  },
  spectralNormBound: {
    empty: () => {
      for (const shape of EMPTY) {
        const bound = lipschitz.spectralNormBound(tf.zeros(shape));
        expect(bound).toEqual(shape.length === 2 ? 0 : Array.from({ length: shape[0] }, () => 0));
      }
    },
    ends: (size) => {
      const matrix = matrixOfSize(size, [6, 4]);
      const exact = rmsNorm(matrix) * Math.sqrt(6 / 4);
      const bound = lipschitz.spectralNormBound(matrix) as number;
      expect(bound).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
      expect(bound).toBeLessThanOrEqual(exact * 1.01);
    },
  },
  lipschitzCertificate: {
    empty: () => {
      expect(() => lipschitz.lipschitzCertificate(mlp(tf.zeros([0, 4])))).toThrow('has shape [0,4]');
      expect(() => lipschitz.lipschitzCertificate({ architecture: 'mlp', layers: [] })).toThrow('no layers');
    },
    ends: (size) => {
      const weight = matrixOfSize(size, [6, 4]);
      const exact = rmsNorm(weight);
      const { lipschitz: bound } = lipschitz.lipschitzCertificate(mlp(weight));
      expect(bound).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
      expect(bound).toBeLessThanOrEqual(exact * 1.01);
    },
  },
  publishedLipschitzEstimate: {
    empty: () => {
      expect(() => lipschitz.publishedLipschitzEstimate({})).toThrow("the norm 'embed' is undefined");
      expect(() => lipschitz.publishedLipschitzEstimate(mlp(tf.zeros([0, 4])))).toThrow('has shape [0,4]');
    },
    ends: (size) => {
      const { lipschitz: value } = lipschitz.publishedLipschitzEstimate(mlp(matrixOfSize(size, [6, 4])));
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(Infinity);
    },
  },
  certifiedRadius: {
    empty: () => {
      expect(lipschitz.certifiedRadius(tf.zeros([0, 5]), 1).shape).toEqual([0]);
      expect(() => lipschitz.certifiedRadius(tf.zeros([3, 0]), 1)).toThrow('logits of shape [3,0]');
    },
    ends: (size) => {
      for (const bound of [1e-30, 1, 1e30, 1e44, 1e300]) {
        const logits = tf.tensor1d([size, -size]);
        const [largest, other] = logits.dataSync();
        const radius = lipschitz.certifiedRadius(logits, bound).dataSync()[0];
        expect(radius).not.toBeNaN();
        const exact = (largest - other) / (2 * bound);
        if (radius < Infinity) expect(radius).toBeLessThanOrEqual(exact + 1e-45);
        else expect(exact).toBeGreaterThan(3.4e38);
      }
    },
  },
  empiricalLipschitz: {
    empty: () => {
      const forward = (x: tf.Tensor) => x;
      expect(() => lipschitz.empiricalLipschitz(forward, tf.zeros([0, 4]))).toThrow('inputs of shape [0,4]');
    },
    ends: (size) => {
      // Weights of that size, up to where the gain is still a float32; and inputs of that size.
      const weight = matrixOfSize(Math.min(size, 1e37), [6, 4]);
      const exact = rmsNorm(weight);
      const x = matrixOfSize(1, [5, 4], 2);
      if (size >= 1e-30) {
        const found = lipschitz.empiricalLipschitz(linear(weight), x);
        expect(found).toBeLessThanOrEqual(exact * (1 + 1e-4));
        expect(found).toBeGreaterThan(exact * 0.99);
      }
      if (size < 1e-30 || size > 1e37) return; // a hundredth of it has a few digits, or twice it none
      const ofSize = lipschitz.empiricalLipschitz(
        linear(matrixOfSize(1, [6, 4])),
        matrixOfSize(size, [5, 4], 2),
      );
      const one = rmsNorm(matrixOfSize(1, [6, 4]));
      expect(ofSize / one).toBeGreaterThan(0.99);
      expect(ofSize / one).toBeLessThan(1.0001);
    },
  },
  adversarialAccuracy: {
    empty: () => {
      const labels = tf.zeros([0], 'int32');
      expect(() => lipschitz.adversarialAccuracy((x) => x, tf.zeros([0, 4]), labels, { radii: [1] })).toThrow(
        'expected an example',
      );
    },
    ends: (size) => {
      if (size < 1e-30 || size > 1e30) return;
      const x = tf.tensor2d([[size, 0]]);
      const labels = tf.tensor1d([0], 'int32');
      const radii = [0.4, 0.6].map((share) => share * size); // both features by the radius: twice it off the margin
      const found = lipschitz.adversarialAccuracy((x) => x, x, labels, { radii });
      expect(found.map(({ accuracy }) => accuracy)).toEqual([1, 0]);
    },
  },
  activationMonitor: {
    empty: () => {
      const { largest, activations } = lipschitz.activationMonitor((tap) => tap('x', tf.zeros([0, 4])));
      expect(largest).toBe(0);
      expect(activations[0]).toMatchObject({ entries: 0, entriesSurviving: { e4m3: 1, e5m2: 1, bf16: 1 } });
    },
    ends: (size) => {
      const report = lipschitz.activationMonitor((tap) => tap('x', matrixOfSize(size, [6, 4])));
      expect(report.largest).toBe(tf.max(tf.abs(matrixOfSize(size, [6, 4]))).dataSync()[0]);
    },
  },
  roundToFormat: {
    empty: onTensor((x) => lipschitz.roundToFormat(x, 'bf16')).empty,
    ends: (size) => {
      const saturated = lipschitz.roundToFormat(matrixOfSize(size, [6, 4]), 'e4m3', { saturate: true });
      expect(allFinite(saturated)).toBe(true);
    },
  },
  softCapCoupling: {
    ends: (size) => {
      for (const share of [0, 0.1, 1]) {
        const alpha = lipschitz.softCapCoupling(size, 0, share * size);
        expect(alpha * size ** 2).toBeCloseTo(lipschitz.softCapCoupling(1, 0, share), 9);
      }
    },
  },
  publishedSoftCapCoupling: {
    ends: (size) => {
      const alpha = lipschitz.publishedSoftCapCoupling(size, 0, 0.1 * size);
      expect(alpha).toBeGreaterThan(0);
      expect(alpha).toBeLessThanOrEqual(1);
    },
  },
  modulaTargetNorms: {
    ends: (size) => {
      const norms = Object.values(lipschitz.modulaTargetNorms({ finalScale: size }));
      expect(norms.every(Number.isFinite)).toBe(true);
    },
  },
  describeGPT: {}, // reads weights as lipschitzCertificate does; its own tests are in @evenkeel/gpt-model
};

describe('the ends of every function', () => {
  it('are all in this file', () => {
    expect(Object.keys(EDGES).sort()).toEqual(Object.keys(lipschitz).sort());
  });
});

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

const withEmpty = Object.entries(EDGES).flatMap(([name, { empty }]) => (empty ? [{ name, empty }] : []));
const withEnds = Object.entries(EDGES).flatMap(([name, { ends }]) => (ends ? [{ name, ends }] : []));

describeOnBackends('with nothing to work on', () => {
  it.each(withEmpty)('$name', ({ empty }) => tf.tidy(empty));
});

describeOnBackends('at the ends of float32', () => {
  it.each(withEnds)('$name', ({ ends }) => {
    for (const size of ENDS) tf.tidy(() => ends(size));
  });
});
