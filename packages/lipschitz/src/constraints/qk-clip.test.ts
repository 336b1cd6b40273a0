import { chain, momentum, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import reference from '../../fixtures/p4_qk_clip.json' with { type: 'json' };
import { toTensor } from '../../test/tensors.js';
import { largestScores, muon, type QkPart, qkClip, spectralSoftCap } from '../index.js';

interface Hyper {
  kind?: 'mla' | 'muonclip';
  heads: number;
  kv_heads: number;
  head_dim: number;
  tau: number;
  alpha: number;
  rule: 'group' | 'min_gamma' | 'query_only';
  mask: 'none' | 'causal';
  score: 'signed' | 'absolute';
  rope_theta?: number;
  qk_nope_dim: number;
  qk_rope_dim: number;
  v_dim: number;
  lr: number;
  weight_decay: number;
}
type Weights = Record<string, GoldenTensor>;
const cases = goldenCases<Weights, Hyper, Weights>(reference);

const RULES = { group: 'group', min_gamma: 'minGamma', query_only: 'queryOnly' } as const;
const PARTS: Record<string, QkPart> = { Wq: 'query', Wk: 'key', bq: 'query', bk: 'key' };

/** `[batch, heads, time, headDim]`. */
const project = (x: tf.Tensor, weight: tf.Tensor, heads: number, bias?: tf.Tensor): tf.Tensor => {
  const flat = tf.reshape(x, [-1, x.shape[2]!]) as tf.Tensor2D;
  const product = tf.matMul(flat, weight as tf.Tensor2D, false, true);
  const all = bias ? tf.add(product, bias) : product;
  return tf.transpose(tf.reshape(all, [x.shape[0], x.shape[1]!, heads, -1]), [0, 2, 1, 3]);
};

describeOnBackends('qkClip', () => {
  const plain = cases.filter(({ hyper }) => hyper.kind === undefined);
  it.each(plain)('matches the reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    const { heads, kv_heads: kvHeads, alpha, tau } = hyper;
    const scoresOf = (weights: Record<string, tf.Tensor>) =>
      largestScores(
        project(toTensor(inputs.x), weights.Wq, heads, weights.bq),
        project(toTensor(inputs.x), weights.Wk, kvHeads, weights.bk),
        { causal: hyper.mask === 'causal', absolute: hyper.score === 'absolute' },
      );
    const names = Object.keys(inputs).filter((name) => name in PARTS);
    const given = Object.fromEntries(names.map((name) => [name, toTensor(inputs[name])]));
    // The scores are the forward pass's business; rotated ones are taken as recorded.
    if (!hyper.rope_theta) expectClose(scoresOf(given), expected.S_max.data, tolerance('S_max'));
    const clip = qkClip({
      part: ({ name }) => PARTS[name],
      scores: () => toTensor(expected.S_max),
      heads,
      kvHeads,
      maxScore: tau,
      balance: alpha,
      rule: RULES[hyper.rule],
    });
    const clipped = Object.fromEntries(
      names.map((name) => {
        const param = tf.variable(given[name], true, name);
        const value = clip(param, param, { count: 0, params: { [name]: param } });
        expectClose(value, expected[name].data, tolerance(name));
        return [name, value];
      }),
    );
    if (!hyper.rope_theta)
      expectClose(scoresOf(clipped), expected.S_max_after.data, tolerance('S_max_after'));
  });

  const latent = cases.filter(({ hyper }) => hyper.kind === 'mla');
  it.each(latent)('clips multi-head latent attention: $name', ({ inputs, hyper, expected, tolerance }) => {
    const { alpha, qk_nope_dim: nope, qk_rope_dim: rotary, v_dim } = hyper;
    const parts: Record<string, QkPart> = {
      Wq: [
        { rows: nope, power: alpha },
        { rows: rotary, power: 1 },
      ],
      Wkv: [
        { rows: nope, power: 1 - alpha },
        { rows: v_dim, power: 0 },
      ],
    };
    const clip = qkClip({
      part: ({ name }) => parts[name],
      scores: () => expected.S_max.data,
      heads: hyper.heads,
      maxScore: hyper.tau,
    });
    for (const name of ['Wq', 'Wkv', 'Wk_rotary']) {
      const param = tf.variable(toTensor(inputs[name]), true, name);
      const value = clip(param, param, { count: 0, params: { [name]: param } });
      expectClose(value, (expected[name] ?? inputs[name]).data, expected[name] ? tolerance(name) : 0);
    }
  });

  it('is MuonClip behind muon, step by step', () => {
    interface MuonClip {
      x_per_step: GoldenTensor[];
      Wq: GoldenTensor;
      Wk: GoldenTensor;
      grads_per_step: Weights[];
    }
    const [{ inputs, hyper, expected, tolerance }] = goldenCases<MuonClip, Hyper, { per_step: Weights[] }>(
      reference,
    ).filter(({ hyper }) => hyper.kind === 'muonclip');
    const [wq, wk] = (['Wq', 'Wk'] as const).map((name) => tf.variable(toTensor(inputs[name]), true, name));
    let scores: tf.Tensor | undefined;
    const optimizer = new TransformOptimizer(
      chain(
        momentum(0.95),
        muon({
          learningRate: hyper.lr,
          weightDecay: hyper.weight_decay,
          momentum: 0,
          nesterov: false,
          scale: 'adamwRms',
        }),
      ),
      qkClip({
        part: ({ name }) => PARTS[name],
        scores: () => scores,
        heads: hyper.heads,
        maxScore: hyper.tau,
        balance: hyper.alpha,
      }),
    );
    inputs.grads_per_step.forEach((grads, step) => {
      const x = toTensor(inputs.x_per_step[step]);
      scores = largestScores(project(x, wq, hyper.heads), project(x, wk, hyper.heads));
      const want = expected.per_step[step];
      expectClose(scores, want.S_max.data, tolerance('per_step[*].S_max'));
      optimizer.applyGradients(
        Object.entries(grads).map(([name, grad]) => ({ name, tensor: toTensor(grad) })),
      );
      for (const weight of [wq, wk]) {
        expectClose(weight, want[weight.name].data, tolerance(`per_step[*].${weight.name}`));
      }
    });
    optimizer.dispose();
  });

  it('clips a fused matrix, its bias and tf.layers kernels alike', () => {
    const [heads, kvHeads, dim, width] = [4, 2, 3, 5];
    const sizes = [heads * dim, kvHeads * dim, kvHeads * dim];
    const all = tf.randomNormal([sizes[0] + 2 * sizes[1], width], 0, 1, 'float32', 1);
    const scores = [5, 20, 7, 40];
    const clip = (part: QkPart, value: tf.Tensor, layout: 'outIn' | 'inOut' = 'outIn') => {
      const param = tf.variable(value, true);
      const options = { part: () => part, scores: () => scores, heads, kvHeads, maxScore: 10, layout };
      return qkClip(options)(param, param, { count: 0, params: {} });
    };
    const fused = clip('queryKeyValue', all);
    const [q, k, v] = tf.split(all, sizes);
    expectClose(fused, tf.concat([clip('query', q), clip('key', k), v]).dataSync(), 1e-6);
    expectClose(tf.transpose(clip('queryKeyValue', tf.transpose(all), 'inOut')), fused.dataSync(), 1e-6);
    const bias = tf.ones([all.shape[0]]);
    const rows = tf.div(tf.slice(fused, [0, 0], [-1, 1]), tf.slice(all, [0, 0], [-1, 1]));
    expectClose(clip('queryKeyValue', bias), rows.dataSync(), 1e-5);
    // A head below the limit keeps every bit where its key head is its own.
    expect(tf.slice(clip('query', q), [0, 0], [dim, width]).dataSync()).toEqual(
      tf.slice(q, [0, 0], [dim, width]).dataSync(),
    );
  });

  it('leaves alone what has no part or no scores, and lets a cap behind it hold', () => {
    const w = tf.variable(tf.randomNormal([6, 4], 0, 9, 'float32', 1), true, 'w');
    const step = { count: 0, params: { w } };
    const options = { heads: 2, maxScore: 1 };
    expect(qkClip({ ...options, part: () => undefined, scores: () => [9, 9] })(w, w, step)).toBe(w);
    expect(qkClip({ ...options, part: () => 'query', scores: () => undefined })(w, w, step)).toBe(w);
    const optimizer = new TransformOptimizer(muon({ learningRate: 0.1 }), [
      qkClip({ ...options, part: () => 'query', scores: () => [1.1, 0.1] }),
      spectralSoftCap() as never,
    ]);
    optimizer.applyGradients([{ name: 'w', tensor: tf.ones([6, 4]) }]);
    expectClose(spectralSoftCap()(w), w.dataSync(), 1e-4);
    optimizer.dispose();
  });
});

describe('qkClip', () => {
  it('says what it takes', () => {
    const options = { part: () => 'query' as const, scores: () => [1, 2], heads: 2 };
    expect(() => qkClip({ ...options, maxScore: 0 })).toThrow('qkClip: maxScore is 0');
    expect(() => qkClip({ ...options, kvHeads: 3 })).toThrow(
      'qkClip: kvHeads is 3, expected a divisor of heads, 2',
    );
    expect(() => qkClip({ ...options, rule: 'all' as 'group' })).toThrow("qkClip: rule is 'all'");
    tf.tidy(() => {
      const w = tf.variable(tf.ones([5, 2]), true, 'w');
      const at = { count: 0, params: {} };
      expect(() => qkClip(options)(w, w, at)).toThrow("qkClip: 'w' has 5 outputs, expected a multiple of 2");
      expect(() => qkClip({ ...options, scores: () => [1] })(w, w, at)).toThrow(
        "1 scores came for 'w', expected 2",
      );
      expect(() => largestScores(tf.ones([1, 2, 3, 4]), tf.ones([1, 2, 3, 5]))).toThrow(
        'largestScores: queries of shape [1,2,3,4] and keys of shape [1,2,3,5]',
      );
      w.dispose();
    });
  });
});
