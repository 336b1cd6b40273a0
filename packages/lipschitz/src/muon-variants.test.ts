import { adamW, chain, momentum, partition, type Transform, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import nanochat from '../fixtures/p2_nanochat_muon.json' with { type: 'json' };
import torch from '../fixtures/p3_torch_muon.json' with { type: 'json' };
import { rmsNorm, singularValues, toTensor } from '../test/tensors.js';
import { type MuonOptions, muon, nanochatMuon, nanochatSchedules, spectralSoftCap } from './index.js';

// Of caps that are small for the steps.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

type Inputs = { params: GoldenTensor[]; grads_per_step: (GoldenTensor | null)[][] };
type Steps = { params_per_step: GoldenTensor[][] };

/** Runs a recorded trajectory and compares the parameters after each step. */
function follow(
  { params, grads_per_step }: Inputs,
  expected: Steps,
  tolerance: (output: string) => { rtol: number; atol: number },
  transforms: readonly { transform: Transform; idx: readonly number[] }[],
): void {
  const variables = params.map((param, i) => tf.variable(toTensor(param), true, `p${i}`));
  const labelOf = ({ name }: tf.Variable) =>
    `g${transforms.findIndex(({ idx }) => idx.includes(Number(name.slice(1))))}`;
  const byLabel = Object.fromEntries(transforms.map(({ transform }, i) => [`g${i}`, transform]));
  const optimizer = new TransformOptimizer(partition(byLabel, labelOf));
  grads_per_step.forEach((grads, step) => {
    const given = grads.flatMap((grad, i) => (grad ? [{ name: `p${i}`, tensor: toTensor(grad) }] : []));
    optimizer.applyGradients(given);
    expected.params_per_step[step].forEach((want, i) => {
      expectClose(variables[i], want.data, tolerance(`params[${i}]`));
    });
  });
  optimizer.dispose();
}

describeOnBackends("nanochat's Muon", () => {
  interface Group {
    kind: 'muon' | 'adamw';
    idx: number[];
    lr: number;
    momentum: number;
    ns_steps: number;
    beta2: number;
    weight_decay: number;
    betas: [number, number];
    eps: number;
  }
  interface Hyper {
    options: Record<
      | 'nesterov'
      | 'row_equilibration'
      | 'frobenius_renorm'
      | 'variance_reduction'
      | 'cautious_decay'
      | 'lr_shape_scaling',
      boolean
    >;
    groups: Group[];
    muon_per_step?: Record<'lr' | 'momentum' | 'weight_decay', number[]>;
  }
  const cases = goldenCases<Inputs, Hyper, Steps>(nanochat).filter(
    ({ expected }) => expected.params_per_step,
  );
  it.each(cases)('follows: $name', ({ inputs, hyper, expected, tolerance }) => {
    const { options, muon_per_step: scheduled } = hyper;
    const at = (name: 'lr' | 'momentum' | 'weight_decay', fixed: number) =>
      scheduled ? (step: number) => scheduled[name][step] : fixed;
    const transforms = hyper.groups.map((group) => ({
      idx: group.idx,
      transform:
        group.kind === 'adamw'
          ? adamW({
              learningRate: group.lr,
              beta1: group.betas[0],
              beta2: group.betas[1],
              epsilon: group.eps,
              weightDecay: group.weight_decay,
            })
          : nanochatMuon({
              learningRate: at('lr', group.lr),
              momentum: at('momentum', group.momentum),
              weightDecay: at('weight_decay', group.weight_decay),
              steps: Math.min(5, group.ns_steps), // the reference's seven are five, ours seven
              nesterov: options.nesterov,
              equilibrateRows: options.row_equilibration,
              renormalize: options.frobenius_renorm,
              beta2: options.variance_reduction ? group.beta2 : undefined,
              cautiousDecay: options.cautious_decay,
              scale: options.lr_shape_scaling ? 'aspectRatio' : () => 1,
            }),
    }));
    follow(inputs, expected, tolerance, transforms);
  });
});

describe('nanochatSchedules', () => {
  const cases = goldenCases<
    { iterations: GoldenTensor },
    Record<'num_iterations' | 'warmup_steps' | 'warmdown_ratio' | 'final_lr_frac' | 'weight_decay', number>,
    Record<'lr_multiplier' | 'muon_momentum' | 'muon_weight_decay', GoldenTensor>
  >(nanochat).filter(({ expected }) => expected.lr_multiplier);
  it.each(cases)('are as published: $name', ({ inputs, hyper, expected }) => {
    const schedules = nanochatSchedules({
      steps: hyper.num_iterations,
      learningRate: 1,
      warmupSteps: hyper.warmup_steps,
      warmdownRatio: hyper.warmdown_ratio,
      finalShare: hyper.final_lr_frac,
      weightDecay: hyper.weight_decay,
    });
    inputs.iterations.data.forEach((step, i) => {
      expect(schedules.learningRate(step)).toBeCloseTo(expected.lr_multiplier.data[i], 12);
      expect(schedules.momentum(step)).toBeCloseTo(expected.muon_momentum.data[i], 12);
      expect(schedules.weightDecay(step)).toBeCloseTo(expected.muon_weight_decay.data[i], 12);
    });
  });
});

describeOnBackends("PyTorch's Muon", () => {
  interface Group {
    idx: number[];
    lr?: number;
    weight_decay?: number;
    momentum?: number;
    nesterov?: boolean;
    ns_steps?: number;
    ns_coefficients?: [number, number, number];
    eps?: number;
    adjust_lr_fn?: 'original' | 'match_rms_adamw';
  }
  const cases = goldenCases<Inputs, { groups: Group[] }, Steps>(torch);
  it.each(cases)('is followed: $name', ({ inputs, hyper, expected, tolerance }) => {
    const transforms = hyper.groups.map(({ idx, ...group }) => ({
      idx,
      transform: muon({
        learningRate: group.lr ?? 1e-3,
        weightDecay: group.weight_decay ?? 0.1,
        momentum: group.momentum,
        nesterov: group.nesterov,
        steps: group.ns_steps ?? 5,
        coefficients: {
          quintics: [group.ns_coefficients ?? [3.4445, -4.775, 2.0315]],
          floor: group.eps ?? 1e-7,
        },
        scale: group.adjust_lr_fn === 'match_rms_adamw' ? 'adamwRms' : 'aspectRatio',
      }),
    }));
    follow(inputs, expected, tolerance, transforms);
  });
});

describeOnBackends('the promise of any Muon', () => {
  const settings = fc.record({
    rows: fc.integer({ min: 1, max: 8 }),
    columns: fc.integer({ min: 1, max: 8 }),
    heads: fc.constantFrom(1, 2),
    layout: fc.constantFrom('outIn' as const, 'inOut' as const),
    rank: fc.constantFrom(1, 8),
    seed: fc.integer({ min: 1, max: 1e6 }),
    options: fc.record({
      learningRate: fc.constantFrom(0.01, 0.3, 2),
      momentum: fc.constantFrom(0, 0.95),
      weightDecay: fc.constantFrom(0, 0.1, 1, 5),
      cautious: fc.boolean(),
      cautiousDecay: fc.boolean(),
      scaledDecay: fc.boolean(),
      equilibrateRows: fc.boolean(),
      renormalize: fc.boolean(),
      beta2: fc.constantFrom(undefined, 0, 0.9),
      coefficients: fc.constantFrom<MuonOptions['coefficients']>(
        'sixStep',
        'fiveStep',
        'kellerJordan',
        'polarExpress',
        { quintics: [[2, -1.5, 0.5]], steps: 4 },
      ),
      scale: fc.constantFrom<MuonOptions['scale']>('aspectRatio', 'rmsToRms', 'adamwRms', (out) => out),
    }),
  });
  type Setting = typeof settings extends fc.Arbitrary<infer T> ? T : never;

  it('holds for every combination, in float64, head by head and as a whole', () => {
    const run = ({ rows, columns, heads, layout, rank, seed, options }: Setting) =>
      tf.tidy(() => {
        tf.disposeVariables();
        const swap = (x: tf.Tensor) => (layout === 'inOut' ? tf.transpose(x) : x) as tf.Tensor2D;
        const normal = (shape: [number, number], seed: number) =>
          tf.randomNormal<tf.Rank.R2>(shape, 0, 1, 'float32', seed);
        const w = tf.variable(swap(normal([rows * heads, columns], seed)) as tf.Tensor, true, 'w');
        const transform = muon({ ...options, heads, layout });
        let state = {};
        for (let step = 0; step < 3; step++) {
          const thin = Math.min(rank, rows * heads, columns);
          const gradient = tf.matMul(
            normal([rows * heads, thin], seed + step + 1),
            normal([thin, columns], seed + step + 9),
          );
          const out = transform.update({ w: swap(gradient) }, state, { count: step, params: { w } });
          state = out.state;
          const { keep, update } = transform.stepBound!(w, step)!;
          const next = tf.add(w, out.updates.w);
          const norm = (x: tf.Tensor) => singularValues(x)[0];
          const before = tf.split(swap(w), heads).map(norm);
          tf.split(swap(next), heads).forEach((head, h) => {
            expect(norm(head)).toBeLessThanOrEqual((keep * before[h] + update) * (1 + 1e-5) + 1e-5);
          });
          const whole = keep * norm(w) + update * Math.sqrt(heads);
          expect(norm(next)).toBeLessThanOrEqual(whole * (1 + 1e-5) + 1e-5);
          w.assign(next);
        }
        w.dispose();
      });
    fc.assert(fc.property(settings, run), { numRuns: 120 });
  });

  it('is needed in full: a gradient of rank 1 steps by √min(fanOut, fanIn) where updates are renormalised', () => {
    const w = tf.variable(tf.zeros([9, 16]), true, 'w');
    const transform = muon({ renormalize: true, learningRate: 0.1, scale: 'rmsToRms' });
    const gradient = tf.ones([9, 16]);
    const { updates } = transform.update({ w: gradient }, {}, { count: 0, params: { w } });
    expect(rmsNorm(updates.w)).toBeCloseTo(0.3, 4);
    const promised = transform.stepBound!(w, 0)!.update * (4 / 3);
    expect(promised).toBeGreaterThanOrEqual(rmsNorm(updates.w));
    expect(promised).toBeLessThan(0.301);
  });

  it('keeps the cap behind every variant', () => {
    const variants = [
      nanochatMuon({ learningRate: 0.1, weightDecay: 0.5 }),
      muon({ learningRate: 0.1, cautiousDecay: true, weightDecay: 3 }),
      muon({ learningRate: 0.5, scale: 'adamwRms', beta2: 0.9 }),
      muon({ learningRate: 0.1, coefficients: 'polarExpress' }),
      chain(momentum(0.9), muon({ learningRate: 0.1, momentum: 0, renormalize: true })),
    ];
    for (const transform of variants) {
      const w = tf.variable(tf.zeros([12, 8]), true, 'w');
      const optimizer = new TransformOptimizer(transform, spectralSoftCap());
      for (let step = 0; step < 12; step++) {
        const noise = tf.randomNormal([12, 8], 0.5, 1, 'float32', step + 1);
        optimizer.applyGradients([{ name: 'w', tensor: noise }]);
        expect(rmsNorm(w)).toBeLessThanOrEqual(1);
      }
      expect(rmsNorm(w)).toBeGreaterThan(0.5);
      optimizer.dispose();
      w.dispose();
    }
  });
});

describe('muon', () => {
  it('says what its new options take', () => {
    expect(() => muon({ beta2: 1 })).toThrow('muon: beta2 is 1');
    expect(() => muon({ scale: 'rms' as 'rmsToRms' })).toThrow("muon: scale is 'rms', expected one of");
    expect(() => muon({ coefficients: { quintics: [] } })).toThrow('muon: coefficients is {"quintics":[]}');
    expect(() => muon({ coefficients: { quintics: [[1, 2]] as never } })).toThrow('muon: coefficients is');
    expect(() => muon({ coefficients: { quintics: [[1, 0, 0]], factor: 0.5 } })).toThrow(
      'muon: coefficients.factor is 0.5',
    );
    expect(() => nanochatSchedules({ steps: 0 })).toThrow('nanochatSchedules: steps is 0');
  });
});
