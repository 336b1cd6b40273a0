import {
  empiricalLipschitz,
  type LipschitzTransformerDescription,
  lipschitzCertificate,
  type MatrixValues,
  type ModelDescription,
  publishedLipschitzEstimate,
} from '@evenkeel/lipschitz';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { normals, seeded } from '../../test/random.js';
import { forwardOf, randomTransformer } from '../../test/transformer.js';

const diagonal = (rows: number, columns: number, value: number): MatrixValues => ({
  shape: [rows, columns],
  data: Array.from({ length: rows * columns }, (_, i) =>
    i % columns === Math.floor(i / columns) % columns ? value : 0,
  ),
});

/** Three blocks of four heads, every norm at the cap; heads of their own features, or all of the same. */
function atTheCap(cap: number, perHead: boolean): LipschitzTransformerDescription {
  const [width, heads] = [16, 4];
  const full = diagonal(width, width, cap);
  const perHeadRows = {
    shape: [width, width],
    data: Array.from({ length: width ** 2 }, (_, i) =>
      i % width === Math.floor(i / width) % (width / heads) ? cap / Math.sqrt(heads) : 0,
    ),
  };
  const attention = perHead ? perHeadRows : full;
  const block = {
    query: attention,
    key: attention,
    value: attention,
    output: full,
    mlpIn: full,
    mlpOut: full,
  };
  // A head of norm `cap`, an embedding of RMS 1.
  const embedding = { shape: [width, 1], data: Array(width).fill(1) };
  return { architecture: 'lipschitz', embedding, blocks: [block, block, block], head: full, heads };
}

describe('lipschitzCertificate', () => {
  it.each([
    [1, 0.876, 2.34, 0.928],
    [1.5, 11, 280, 12.3],
    [2, 840, 1.1e5, 982],
    [4, 9e10, 9e13, 1e11],
    [6, 1e17, 3e20, 2e17],
  ])(
    'at a cap of %d, published as %d, is %d with full matrices and %d with caps per head',
    (cap, published, full, perHead) => {
      const names = ['q', 'k', 'v', 'w', 'mlp_in', 'mlp_out'].flatMap((name) =>
        [0, 1, 2].map((l) => [`${name}${l}`, cap]),
      );
      const estimate = publishedLipschitzEstimate({ ...Object.fromEntries(names), embed: 1, out: cap });
      expect(Math.abs(estimate.log10Lipschitz - Math.log10(published))).toBeLessThan(0.2);
      // The figures of docs/certificate.md; each of the 19 norms may be 1 % too large.
      const ofFull = lipschitzCertificate(atTheCap(cap, false));
      const ofHeads = lipschitzCertificate(atTheCap(cap, true));
      expect(Math.abs(ofFull.log10Lipschitz - Math.log10(full))).toBeLessThan(0.2);
      expect(Math.abs(ofHeads.log10Lipschitz - Math.log10(perHead))).toBeLessThan(0.2);
      expect(ofFull.inputRms).toBeCloseTo(1, 12);
    },
  );

  it('is never below the largest gain found, for models of every kind', async () => {
    await tf.setBackend('cpu');
    const random = seeded(5);
    for (const options of [
      {},
      { scale: 3, heads: 2, size: 2 },
      { residualWeight: 1, blocks: 1, valueScale: 1, size: 2 },
      { residualWeight: 1.5, heads: 8, finalScale: -4 },
      { scale: 0.25, valueScale: 0.667, residualWeight: 0.4, heads: 1, finalScale: 4 },
    ]) {
      const model = randomTransformer(random, { width: 16, ...options });
      const { lipschitz, inputRms } = lipschitzCertificate(model);
      const found = tf.tidy(() => {
        const starts = tf.randomNormal([6, 5, 16], 0, inputRms, 'float32', 1);
        return empiricalLipschitz(forwardOf(model), starts, { inputRms, steps: 10 });
      });
      expect(found).toBeLessThanOrEqual(lipschitz);
      expect(found).toBeGreaterThan(lipschitz / 1e5);
    }
  });

  it('prints 10^400', () => {
    const layers = Array.from({ length: 4 }, () => ({ weight: diagonal(2, 2, 1e100) }));
    const certificate = lipschitzCertificate({ architecture: 'mlp', layers });
    expect(certificate.lipschitz).toBe(Infinity);
    expectClose(certificate.log10Lipschitz, 400, 0.02);
    const huge = lipschitzCertificate(atTheCap(1e30, false));
    expect(huge.log10Lipschitz).toBeGreaterThan(400);
    expect(huge.layers.every(({ log10OutputRms }) => Number.isFinite(log10OutputRms))).toBe(true);
  });

  it('is 0 for a model that ignores its input', () => {
    const layers = [{ weight: diagonal(2, 2, 1) }, { weight: diagonal(2, 2, 0) }];
    const { lipschitz, log10Lipschitz } = lipschitzCertificate({ architecture: 'mlp', layers });
    expect({ lipschitz, log10Lipschitz }).toEqual({ lipschitz: 0, log10Lipschitz: -Infinity });
  });

  it('multiplies the norms of an MLP, in RMS units, with the slopes', () => {
    const layers = [
      { weight: diagonal(8, 2, 3), activation: 'gelu' },
      { weight: diagonal(1, 8, 5), activation: { slope: 0.5, gain: 2 } },
    ] as const;
    const { layers: found, lipschitz } = lipschitzCertificate({ architecture: 'mlp', layers });
    // Columns 0, 2, 4, 6 of the first repeat: σ₁ = 3 · 2; √(2/8). The second: σ₁ = 5; √8.
    expectClose(found[0].norms.weight, 3, { rtol: 0.01, atol: 0 });
    expectClose(found[1].norms.weight, 5 * Math.sqrt(8), { rtol: 0.01, atol: 0 });
    const product = found[0].norms.weight * found[1].norms.weight * 1.128994 * 0.5;
    expectClose(lipschitz, product, { rtol: 1e-8, atol: 0 });
    expect(lipschitz).toBeGreaterThanOrEqual(product);
  });

  it('counts what the published formula leaves out', () => {
    const model = atTheCap(1, false);
    const scaled = { ...model, finalScale: 4 };
    expectClose(lipschitzCertificate(scaled).lipschitz, 4 * lipschitzCertificate(model).lipschitz, {
      rtol: 1e-8,
      atol: 0,
    });
    expect(publishedLipschitzEstimate(scaled).lipschitz).toBe(publishedLipschitzEstimate(model).lipschitz);
    // The softmax scale multiplies the score path alone: without scores the values remain.
    const valuesOnly = lipschitzCertificate({ ...model, scale: 0, residualWeight: 1 }).layers[0].lipschitz;
    expectClose(valuesOnly, 2 / 3, { rtol: 0.03, atol: 0 });
  });

  it('grows with the size of the inputs it is asked for', () => {
    const model = atTheCap(1, false);
    const [small, large] = [1, 2].map((inputRms) => lipschitzCertificate(model, { inputRms }));
    expect(large.lipschitz).toBeGreaterThan(2 * small.lipschitz);
    expect(large.layers[0].outputRms).toBeCloseTo(2 * small.layers[0].outputRms, 6);
  });

  it('rejects what it cannot certify', () => {
    const model = randomTransformer(seeded(1));
    const { blocks } = model;
    const certify = (change: object) => () =>
      lipschitzCertificate({ ...model, ...change } as ModelDescription);
    expect(certify({ architecture: 'gpt2' })).toThrow("architecture is 'gpt2'");
    expect(certify({ heads: 3 })).toThrow('blocks.0.query has 8 rows and the model 3 heads');
    expect(certify({ heads: 0 })).toThrow('heads is 0');
    expect(certify({ scale: Number.NaN })).toThrow('scale is NaN');
    expect(certify({ activation: 'swish' })).toThrow('activation is "swish"');
    expect(certify({ activation: { slope: -1, gain: 1 } })).toThrow('activation is');
    expect(certify({ head: diagonal(8, 11, 1) })).toThrow(
      'head has shape [8,11], expected [out, in] = [out, 8]',
    );
    expect(certify({ embedding: { shape: [8, 1], data: [1, 2, 3, Number.NaN, 5, 6, 7, 8] } })).toThrow(
      'embedding',
    );
    expect(certify({ blocks: [{ ...blocks[0], key: diagonal(4, 8, 1) }] })).toThrow('blocks.0.key');
    expect(certify({ blocks: [{ ...blocks[0], mlpOut: diagonal(8, 8, 1) }] })).toThrow('blocks.0.mlpOut');
    expect(() => lipschitzCertificate(model, { inputRms: -1 })).toThrow('inputRms is -1');
    const wide = {
      architecture: 'mlp',
      layers: [{ weight: diagonal(2, 3, 1) }, { weight: diagonal(2, 3, 1) }],
    } as const;
    expect(() => lipschitzCertificate(wide)).toThrow('the weight of layer 1 has shape [2,3]');
    expect(() => lipschitzCertificate({ architecture: 'mlp', layers: [] })).toThrow('no layers');
    const biased = {
      architecture: 'mlp',
      layers: [{ weight: diagonal(2, 2, 1), bias: diagonal(1, 3, 1) }],
    } as const;
    expect(() => lipschitzCertificate(biased)).toThrow('the bias of layer 0 has 3 values, expected 2');
  });
});

describeOnBackends('lipschitzCertificate', () => {
  it('bounds the size of every activation', () => {
    const model = randomTransformer(seeded(3), { size: 2, residualWeight: 0.9 });
    const { layers, inputRms } = lipschitzCertificate(model);
    const sizes: Record<string, number> = {};
    const forward = forwardOf(model, (name, x) => {
      sizes[name] = Math.sqrt(tf.max(tf.mean(tf.square(x), -1)).dataSync()[0]);
    });
    const directions = tf.randomNormal([32, 6, 8], 0, 1, 'float32', 1);
    const rms = tf.sqrt(tf.mean(tf.square(directions), -1, true));
    forward(tf.mul(tf.div(directions, rms), inputRms * 0.999));
    expect(layers.map(({ name }) => name)).toEqual(Object.keys(sizes));
    for (const { name, outputRms } of layers) {
      expect(outputRms).toBeGreaterThanOrEqual(sizes[name]);
      expect(outputRms).toBeLessThan(1000 * sizes[name]);
    }
  });

  it('takes tensors, biases of an MLP, and bounds what a search finds', () => {
    const random = seeded(2);
    const tensor = (...shape: number[]) =>
      tf.tensor(normals(random, shape[0] * (shape[1] ?? 1)), shape, 'float32');
    const [w1, b1, w2] = [tensor(12, 6), tensor(12), tensor(4, 12)];
    const layers = [{ weight: w1, bias: b1, activation: 'relu' }, { weight: w2 }] as const;
    const certificate = lipschitzCertificate({ architecture: 'mlp', layers }, { inputRms: 2 });
    const forward = (x: tf.Tensor) =>
      tf.matMul(tf.relu(tf.add(tf.matMul(x, w1, false, true), b1)), w2, false, true);
    const inputs = tensor(20, 6);
    const found = empiricalLipschitz(forward, inputs, { inputRms: 2 });
    expect(found).toBeLessThanOrEqual(certificate.lipschitz);
    expect(found).toBeGreaterThan(certificate.lipschitz / 4);
    const largest = tf
      .sqrt(tf.max(tf.mean(tf.square(forward(tf.clipByValue(inputs, -2, 2))), 1)))
      .dataSync()[0];
    expect(largest).toBeLessThanOrEqual(certificate.layers[1].outputRms);
  });
});
