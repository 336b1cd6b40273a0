import { publishedLipschitzEstimate, spectralNormBound } from '@evenkeel/lipschitz';
import { expectClose, goldenCases } from '@evenkeel/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/f9_lipschitz_constant.json' with { type: 'json' };
import { normals, seeded } from '../../test/random.js';

const cases = goldenCases<
  { weight_norms: Record<string, number> },
  { softmax_scale: number },
  { lipschitz_constant: number; activation_norms: number[] | null }
>(fixture);

describe('publishedLipschitzEstimate', () => {
  it.each(cases)('has the digits of the published code: $name', ({ inputs, hyper, expected }) => {
    const found = publishedLipschitzEstimate(inputs.weight_norms, { softmaxScale: hyper.softmax_scale });
    expectClose(found.lipschitz, expected.lipschitz_constant, { rtol: 1e-12, atol: 0 });
    expectClose(found.log10Lipschitz, Math.log10(expected.lipschitz_constant), { rtol: 0, atol: 1e-12 });
    expectClose(found.activationRms, expected.activation_norms ?? [], { rtol: 1e-12, atol: 0 });
  });

  it('takes the norms of a model that is described', () => {
    const random = seeded(1);
    const matrix = (out: number, size: number) => ({ shape: [out, size], data: normals(random, out * size) });
    const block = () => ({
      query: matrix(8, 8),
      key: matrix(8, 8),
      value: matrix(8, 8),
      output: matrix(8, 8),
      mlpIn: matrix(32, 8),
      mlpOut: matrix(8, 32),
    });
    const blocks = [block(), block()];
    const head = { shape: [2, 8], data: [...Array(8).fill(1), ...Array(8).fill(-3)] };
    const embedding = { shape: [8, 3], data: Array.from({ length: 24 }, (_, i) => (i % 3) + 1) };
    const model = { architecture: 'lipschitz', embedding, blocks, head, heads: 2, scale: 0.5 } as const;
    const rms = (weight: ReturnType<typeof matrix>) =>
      Math.sqrt(weight.shape[1] / weight.shape[0]) * Number(spectralNormBound(weight));
    const norms = Object.fromEntries(
      blocks.flatMap(({ query, key, value, output, mlpIn, mlpOut }, l) => [
        [`q${l}`, rms(query)],
        [`k${l}`, rms(key)],
        [`v${l}`, rms(value)],
        [`w${l}`, rms(output)],
        [`mlp_in${l}`, rms(mlpIn)],
        [`mlp_out${l}`, rms(mlpOut)],
      ]),
    );
    const expected = publishedLipschitzEstimate({ ...norms, embed: 3, out: 3 }, { softmaxScale: 0.5 });
    expectClose(publishedLipschitzEstimate(model).lipschitz, expected.lipschitz, { rtol: 1e-12, atol: 0 });
    const mlp = {
      architecture: 'mlp',
      layers: [{ weight: blocks[0].mlpIn }, { weight: blocks[0].mlpOut }],
    } as const;
    expectClose(publishedLipschitzEstimate(mlp).lipschitz, norms.mlp_in0 * norms.mlp_out0, {
      rtol: 1e-12,
      atol: 0,
    });
  });

  it('prints numbers beyond the range of float64', () => {
    const norms = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`layer${i}`, 1e100]));
    expect(publishedLipschitzEstimate(norms)).toMatchObject({ lipschitz: Infinity, log10Lipschitz: 400 });
  });

  it('rejects norms that are missing, negative or not a number', () => {
    const norms = { embed: 1, out: 1, q0: 1, k0: 1, v0: 1, w0: 1, mlp_in0: 1 };
    expect(() => publishedLipschitzEstimate(norms)).toThrow("the norm 'mlp_out0' is undefined");
    expect(() => publishedLipschitzEstimate({ ...norms, mlp_out0: -1 })).toThrow("the norm 'mlp_out0' is -1");
    expect(() => publishedLipschitzEstimate({ a: Number.NaN })).toThrow("the norm 'a' is NaN");
  });
});
