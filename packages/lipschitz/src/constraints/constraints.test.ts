import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import caps from '../../fixtures/f2_caps.json' with { type: 'json' };
import couplings from '../../fixtures/f3_soft_cap_coupling.json' with { type: 'json' };
import powerIterations from '../../fixtures/f4_power_iteration.json' with { type: 'json' };
import powerConstraints from '../../fixtures/f5_spectral_hammer_wd_normalize.json' with { type: 'json' };
import embeddings from '../../fixtures/f6_embed_project.json' with { type: 'json' };
import steps from '../../fixtures/f7_atom_decay_step_project.json' with { type: 'json' };
import { matrixWith, rmsNorm, singularValues, toTensor } from '../../test/tensors.js';
import {
  decoupledWeightDecay,
  embeddingNormCap,
  exactSpectralCap,
  modulaEmbedding,
  modulaMuon,
  publishedHardCap,
  publishedSoftCap,
  publishedSoftCapCoupling,
  softCap,
  softCapCoupling,
  spectralCap,
  spectralHammer,
  spectralNormalize,
  spectralNormEstimate,
  spectralSoftCap,
  spectralWeightDecay,
} from '../index.js';

type Matrix = { M: GoldenTensor };
type Result = { result: GoldenTensor };

/** Undoes a square root, so that a constraint in RMS units caps the spectral norm of `matrix` itself at `norm`. */
const inSpectralUnits = (matrix: tf.Tensor, norm = 1) => {
  const [fanOut, fanIn] = matrix.shape.slice(-2);
  return norm * Math.sqrt(fanIn / fanOut);
};

describeOnBackends('caps', () => {
  const capCases = goldenCases<
    Matrix,
    { function: string; alpha?: number; w_max?: number; batch_divisor?: number },
    Result
  >(caps);
  it.each(capCases)('match the reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    const matrix = toTensor(inputs.M);
    const result = {
      hard_cap: () => publishedHardCap(matrix),
      soft_cap: () => softCap(matrix, hyper.alpha!),
      pure_svd: () => exactSpectralCap({ maxNorm: inSpectralUnits(matrix, hyper.w_max) })(matrix),
    }[hyper.function]!();
    expectClose(tf.div(result, hyper.batch_divisor ?? 1), expected.result.data, tolerance('result'));
  });

  const powerCases = goldenCases<
    { A: GoldenTensor; start_vector: GoldenTensor },
    { num_iters: number },
    { sigma: number }
  >(powerIterations);
  it.each(powerCases)(
    'power iteration matches the reference: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const options = { iterations: hyper.num_iters, startVector: toTensor(inputs.start_vector) };
      expectClose(spectralNormEstimate(toTensor(inputs.A), options), expected.sigma, tolerance('sigma'));
    },
  );

  const constraintCases = goldenCases<
    Matrix & { start_vector: GoldenTensor },
    { function: string; w_max?: number; spectral_wd?: number },
    Result
  >(powerConstraints);
  it.each(constraintCases)('match the reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    const matrix = toTensor(inputs.M);
    const start = { startVector: toTensor(inputs.start_vector) };
    const result = {
      spectral_hammer: () =>
        spectralHammer({ maxNorm: inSpectralUnits(matrix, hyper.w_max), ...start })(matrix),
      spectral_normalize: () => spectralNormalize({ maxNorm: inSpectralUnits(matrix), ...start })(matrix),
      spectral_weight_decay: () => spectralWeightDecay({ weightDecay: hyper.spectral_wd!, ...start })(matrix),
    }[hyper.function]!();
    expectClose(result, expected.result.data, tolerance('result'));
  });

  const embeddingCases = goldenCases<Matrix, { function: string; max_inflation_factor: number }, Result>(
    embeddings,
  );
  it.each(embeddingCases)(
    'embedding norms match the reference: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const axis = hyper.function === 'embed_project' ? -2 : -1;
      const result = embeddingNormCap({ maxInflation: hyper.max_inflation_factor, axis })(toTensor(inputs.M));
      expectClose(result, expected.result.data, tolerance('result'));
    },
  );

  interface StepHyper {
    atom: 'Linear' | 'Embed' | 'Unembed';
    project: string | null;
    w_max: number;
    wd: number;
    spectral_wd: number;
    lr: number;
    target_norm: number;
    sensitive_to_wmax: boolean;
    max_inflation_factor: number | null;
  }
  const stepCases = goldenCases<
    { weight: GoldenTensor; raw_update: GoldenTensor; start_vector?: GoldenTensor },
    StepHyper,
    { new_weight: GoldenTensor; rms_rms_norm: number | null }
  >(steps);
  it.each(stepCases)("match Modula's step: $name", ({ inputs, hyper, expected, tolerance }) => {
    const { lr: learningRate, wd, target_norm: targetNorm, w_max, max_inflation_factor } = hyper;
    const w = tf.variable(toTensor(inputs.weight), true);
    const axis = hyper.atom === 'Embed' ? -2 : -1;
    const maxInflation = max_inflation_factor ?? undefined;
    const common = { learningRate, momentum: 0, weightDecay: wd, targetNorm };
    const transform =
      hyper.atom === 'Linear' ? modulaMuon(common) : modulaEmbedding({ ...common, maxInflation, axis });
    const { updates } = transform.update({ w: toTensor(inputs.raw_update) }, {}, { count: 0, params: { w } });
    const stepped = tf.add(w, updates.w) as tf.Tensor;
    const step = { count: 0, params: { w }, learningRate: learningRate * targetNorm };
    const scale = Math.sqrt(w.shape[0] / w.shape[1]!) * (hyper.sensitive_to_wmax ? w_max : 1);
    const start = inputs.start_vector && { startVector: toTensor(inputs.start_vector) };
    const maxNorm = hyper.sensitive_to_wmax ? w_max : 1;
    const project: Record<string, () => tf.Tensor> = {
      none: () => stepped,
      hard_cap: () => tf.mul(publishedHardCap(tf.div(stepped, scale)), scale),
      soft_cap: () => publishedSoftCap({ maxNorm: w_max, weightDecay: wd })(stepped, w, step),
      pure_svd: () => exactSpectralCap({ maxNorm })(stepped),
      spec_hammer: () => spectralHammer({ maxNorm: w_max, ...start })(stepped),
      spec_wd: () => spectralWeightDecay({ weightDecay: hyper.spectral_wd, ...start })(stepped),
      spec_normalize: () => spectralNormalize({ maxNorm, ...start })(stepped),
      null: () => embeddingNormCap({ axis })(stepped),
    };
    // `orthogonal` replaces the weight by its orthogonal factor: Muon's step from 0, backwards.
    const orthogonal = () => {
      const zero = tf.variable(tf.zerosLike(stepped), true);
      const step = modulaMuon({ learningRate: 1, momentum: 0 });
      return tf.neg(step.update({ w: stepped }, {}, { count: 0, params: { w: zero } }).updates.w);
    };
    const result = hyper.project === 'orthogonal' ? orthogonal() : project[String(hyper.project)]();
    expectClose(result, expected.new_weight.data, tolerance('new_weight'));
  });
});

describe('softCapCoupling', () => {
  interface Row {
    w_max: number;
    wd: number;
    max_update_norm: number;
  }
  const [table] = goldenCases<
    { rows: Row[] },
    unknown,
    { rows: (Row & { k: number; alpha_float64: number; degenerate: boolean })[] }
  >(couplings);
  it.each(table.expected.rows)(
    'published, matches the reference: cap $w_max, decay $wd, update $max_update_norm',
    (row) => {
      const alpha = publishedSoftCapCoupling(row.w_max, row.wd, row.max_update_norm);
      expect(Math.abs(alpha - row.alpha_float64)).toBeLessThanOrEqual(1e-10 + 1e-7 * row.alpha_float64);
      const ratio = row.k / row.w_max;
      if (row.degenerate || alpha === 1 || ratio > 1.3) return;
      expect(softCapCoupling(row.w_max, row.wd, row.max_update_norm)).toBeCloseTo(row.alpha_float64, 9);
    },
  );

  const p = (sigma: number, alpha: number) => {
    const u = alpha * sigma ** 2;
    return sigma * (1 - 3 * u ** 2 + 3 * u ** 3 - u ** 4);
  };
  it('keeps every singular value up to k at or below the cap, and reaches it', () => {
    for (const maxNorm of [0.01, 0.25, 1, 6, 100]) {
      for (const share of [0, 1e-6, 1e-3, 0.05, 0.3, 0.31, 0.5, 1, 1.6]) {
        const alpha = softCapCoupling(maxNorm, 0, share * maxNorm);
        const k = maxNorm * (1 + share);
        const values = Array.from({ length: 5001 }, (_, i) => Math.abs(p((k * i) / 5000, alpha)));
        expect(Math.max(...values)).toBeLessThanOrEqual(maxNorm * (1 + 1e-12));
        expect(Math.max(...values)).toBeGreaterThan(maxNorm * (1 - 1e-6));
      }
    }
  });

  it('lets weights be where decay alone keeps them below the cap; the published one crushes them', () => {
    expect(softCapCoupling(1, 0.5, 0.1)).toBe(0);
    expect(publishedSoftCapCoupling(1, 0.5, 0.1)).toBe(1);
    expect(p(0.6, publishedSoftCapCoupling(1, 0.5, 0.1))).toBeLessThan(0.45);
  });

  it('shows where the published one fails: past 0.3 × the cap, and for small caps', () => {
    const largest = (alpha: number, k: number) =>
      Math.max(...Array.from({ length: 5001 }, (_, i) => p((k * i) / 5000, alpha)));
    expect(largest(publishedSoftCapCoupling(1, 0, 1), 2)).toBeGreaterThan(1.18);
    expect(p(0.275, publishedSoftCapCoupling(0.25, 0, 0.025))).toBeGreaterThan(0.25 * 1.02);
  });

  it('says where no soft cap holds', () => {
    expect(() => softCapCoupling(1, 0, 1.7)).toThrow(
      'softCapCoupling: a step can take a weight to 2.70 × maxNorm',
    );
    expect(() => softCapCoupling(0, 0, 1)).toThrow('softCapCoupling: maxNorm is 0, expected a number > 0');
  });
});

describeOnBackends('spectralCap', () => {
  it.each([
    [24, 24],
    [40, 20],
    [20, 40],
    [1, 9],
    [9, 1],
  ])('stays within 1 % of min(σ, cap) and never above the cap, up to 3.5 × it: %i×%i', (rows, columns) => {
    const count = Math.min(rows, columns);
    for (const cap of [0.01, 1, 50]) {
      for (const largest of [0.9, 1.2, 2, 3.5]) {
        const scale = cap * Math.sqrt(rows / columns);
        const sigma = Array.from({ length: count }, (_, k) => scale * largest * (1 - k / count));
        const capped = singularValues(spectralCap({ maxNorm: cap })(matrixWith(sigma, rows, columns, 3)));
        capped.forEach((value, k) => {
          const exact = Math.min(sigma[k], scale);
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(0.01 * exact);
          expect(value).toBeLessThanOrEqual(scale);
        });
      }
    }
  });

  it('holds far outside its range, where the published one diverges', () => {
    for (const largest of [3.8, 4.5, 10, 1e4, 1e15, 1e-15, 0]) {
      const matrix = matrixWith([largest, largest / 2, largest / 1000], 12, 8, 5);
      const norm = rmsNorm(spectralCap({ maxNorm: 2 })(matrix));
      expect(norm).toBeLessThanOrEqual(2);
      expect(norm).toBeGreaterThanOrEqual(Math.min(1.7, 0.99 * rmsNorm(matrix)));
    }
    expect(singularValues(publishedHardCap(matrixWith([4.5], 4, 4, 5)))[0]).toBeGreaterThan(1e6);
  });

  it('caps heads, layouts and batches each by itself', () => {
    const matrix = tf.mul(tf.randomNormal<tf.Rank.R2>([12, 6], 0, 1, 'float32', 8), 2);
    const perHead = spectralCap({ heads: 3 })(matrix) as tf.Tensor2D;
    const parts = tf.split(matrix as tf.Tensor2D, 3).map((head) => spectralCap()(head));
    expectClose(perHead, tf.concat(parts).dataSync(), 1e-6);
    for (const head of tf.split(perHead, 3)) expect(rmsNorm(head)).toBeLessThanOrEqual(1);
    const flipped = spectralCap({ layout: 'inOut', heads: 3 })(tf.transpose(matrix));
    expectClose(tf.transpose(flipped), perHead.dataSync(), 1e-6);
    expectClose(
      spectralCap()(tf.stack([matrix, matrix])),
      [...spectralCap()(matrix).dataSync(), ...spectralCap()(matrix).dataSync()],
      1e-5,
    );
  });
});

describeOnBackends('constraints', () => {
  it('leave biases and scalars alone', () => {
    for (const constraint of [spectralCap(), spectralHammer(), spectralNormalize(), embeddingNormCap()]) {
      expectClose(constraint(tf.tensor1d([5, 6])), [5, 6], 0);
    }
  });

  it.each([
    ['spectralCap', spectralCap({ maxNorm: 0.5 })],
    ['spectralSoftCap', spectralSoftCap({ maxNorm: 0.5 })],
    ['exactSpectralCap', exactSpectralCap({ maxNorm: 0.5 })],
    ['spectralNormalize', spectralNormalize({ maxNorm: 0.5 })],
    ['spectralHammer', spectralHammer({ maxNorm: 0.5 })],
    ['spectralWeightDecay', spectralWeightDecay({ weightDecay: 0.5 })],
    ['embeddingNormCap', embeddingNormCap({ maxNorm: 0.5 })],
    ['embeddingNormCap of columns', embeddingNormCap({ maxNorm: 0.5, maxInflation: 2, axis: -2 })],
  ])('%s: treats each matrix of a batch as if it were alone', (_name, constraint) => {
    const batch = tf.randomNormal<tf.Rank.R3>([2, 3, 4], 0, 2, 'float32', 6);
    const alone = tf.unstack(batch).map((matrix) => constraint(matrix));
    expectClose(constraint(batch), tf.stack(alone).dataSync(), 1e-6);
    expect(tf.max(tf.abs(tf.sub(constraint(batch), batch))).dataSync()[0]).toBeGreaterThan(0.1);
  });

  it('cap the vectors of a table of any rank, and keep those below the cap bit for bit', () => {
    for (const shape of [
      [5, 4],
      [2, 5, 4],
      [2, 1, 5, 4],
    ]) {
      const table = tf.mul(tf.randomNormal(shape, 0, 1, 'float32', 7), tf.linspace(0.1, 2, 4));
      const rows = tf.reshape(embeddingNormCap({ maxNorm: 0.7 })(table), [-1, 4]).arraySync() as number[][];
      const before = tf.reshape(table, [-1, 4]).arraySync() as number[][];
      rows.forEach((row, i) => {
        const rms = (values: number[]) => Math.hypot(...values) / 2;
        expect(rms(row)).toBeLessThanOrEqual(0.7 * (1 + 1e-6));
        if (rms(before[i]) < 0.6999) expect(row).toEqual(before[i]);
        else expect(rms(row)).toBeGreaterThan(0.6999);
      });
    }
  });

  it('hammer the largest singular value only, and normalise all', () => {
    const matrix = matrixWith([4, 2, 1], 6, 6, 2);
    const near = (values: number[], expected: number[]) =>
      expectClose(values.slice(0, expected.length), expected, 1e-3);
    near(singularValues(spectralHammer()(matrix)), [2, 1, 1]);
    near(singularValues(spectralNormalize()(matrix)), [1, 0.5, 0.25]);
    near(singularValues(spectralWeightDecay({ weightDecay: 0.5 })(matrix)), [2, 2, 1]);
    near(singularValues(exactSpectralCap()(matrix)), [1, 1, 1]);
  });

  it('decay by learning rate × weight decay', () => {
    const w = tf.variable(tf.ones([2]), true);
    expectClose(
      decoupledWeightDecay(0.5)(w, w, { count: 0, params: { w }, learningRate: 0.1 }),
      [0.95, 0.95],
      1e-7,
    );
    expect(() => decoupledWeightDecay(0.5)(w, w, { count: 0, params: { w } })).toThrow(
      'decoupledWeightDecay: the step has no learning rate',
    );
  });

  it('say what they take', () => {
    expect(() => spectralCap({ maxNorm: 0 })).toThrow('spectralCap: maxNorm is 0, expected a number > 0');
    expect(() => spectralCap({ heads: 3 })(tf.ones([4, 4]))).toThrow(
      'spectralCap: heads is 3 for a weight of shape [4,4], expected a whole number that divides 4',
    );
    expect(() => spectralCap({ layout: 'io' as 'inOut' })(tf.ones([4, 4]))).toThrow(
      "spectralCap: layout is 'io'",
    );
    expect(() => spectralHammer({ iterations: 0 })(tf.ones([4, 4]))).toThrow(
      'spectralHammer: iterations is 0',
    );
    expect(() => spectralNormEstimate(tf.ones([4, 2]), { startVector: tf.ones([4]) })).toThrow(
      'spectralNormEstimate: startVector has shape [4], expected 2 entries',
    );
    expect(() => embeddingNormCap({ axis: 0 as -1 })).toThrow(
      'embeddingNormCap: axis is 0, expected -1 or -2',
    );
    expect(() => spectralWeightDecay({ weightDecay: 2 })).toThrow('spectralWeightDecay: weightDecay is 2');
  });
});
