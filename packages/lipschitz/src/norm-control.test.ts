import {
  adamW,
  addDecayedWeights,
  chain,
  momentum,
  named,
  partition,
  perParam,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import reference from '../fixtures/p5_norm_control.json' with { type: 'json' };
import { rmsNorm, singularValues, toTensor } from '../test/tensors.js';
import {
  cautious,
  hyperball,
  type MatrixConstraint,
  type MuonOptions,
  muon,
  normalizeUpdates,
  type Quintic,
  radialBrake,
  spectralSoftCap,
} from './index.js';

// Of a cap that is small for the steps.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

interface Hook {
  kind: 'hyperball' | 'radial_brake' | 'relative_update' | 'none';
  radius: number;
  outward_scale?: number;
  inward_scale?: number;
}
interface Hyper {
  kind: 'hook' | 'muon_with_hook' | 'cautious_adamw' | 'cautious_muon';
  hook: Hook;
  lr_per_step: number[];
  coefficients: Quintic[];
  muon: {
    lr: number;
    momentum: number;
    weight_decay: number;
    nesterov: boolean;
    scale_mode: 'spectral' | 'shape_scaling' | 'unit_rms_norm';
    extra_scale_factor: number;
  };
  path: 'plain' | 'foreach';
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  correct_bias: boolean;
  momentum: number;
}
interface Inputs {
  param: GoldenTensor;
  updates_per_step: GoldenTensor[];
  params: GoldenTensor[];
  grads_per_step: GoldenTensor[][];
}
interface Expected {
  param_per_step: GoldenTensor[];
  params_per_step: GoldenTensor[][];
}
const cases = goldenCases<Inputs, Hyper, Expected>(reference);
const ofKind = (kind: Hyper['kind']) => cases.filter(({ hyper }) => hyper.kind === kind);

/** The hook as what we have: a last stage that sizes updates of learning rate η, and a constraint. */
function hooked(
  hook: Hook,
  rateAt: (step: number) => number,
): { last: Transform[]; constraints: MatrixConstraint[] } {
  switch (hook.kind) {
    case 'hyperball':
      return {
        last: [normalizeUpdates({ norm: (step) => rateAt(step) * hook.radius })],
        constraints: [hyperball({ radius: hook.radius })],
      };
    case 'relative_update':
      return { last: [normalizeUpdates({ share: rateAt })], constraints: [] };
    case 'radial_brake':
      return {
        last: [],
        constraints: [radialBrake({ outward: hook.outward_scale, inward: hook.inward_scale })],
      };
    case 'none':
      return { last: [], constraints: [] };
  }
}

describeOnBackends('norm control', () => {
  it.each(ofKind('hook'))('matches the reference: $name', ({ inputs, hyper, expected, tolerance }) => {
    const rateAt = (step: number) => hyper.lr_per_step[step];
    const { last, constraints } = hooked(hyper.hook, rateAt);
    const w = tf.variable(toTensor(inputs.param), true, 'w');
    const optimizer = new TransformOptimizer(
      chain(scaleByLearningRate(rateAt), ...last),
      constraints.map((constraint) => constraint as never),
    );
    inputs.updates_per_step.forEach((update, step) => {
      optimizer.applyGradients([{ name: 'w', tensor: toTensor(update) }]);
      expectClose(w, expected.param_per_step[step].data, tolerance('param_per_step'));
    });
    optimizer.dispose();
  });

  const SCALES: Record<Hyper['muon']['scale_mode'], (out: number, into: number) => number> = {
    spectral: (out, into) => Math.sqrt(Math.max(out, into)),
    shape_scaling: (out, into) => Math.sqrt(Math.max(1, out / into)),
    unit_rms_norm: (out, into) => Math.sqrt(out / into),
  };
  it.each(ofKind('muon_with_hook'))('works behind Muon: $name', ({ inputs, hyper, expected, tolerance }) => {
    const { lr, momentum, nesterov, weight_decay, scale_mode, extra_scale_factor } = hyper.muon;
    const { last, constraints } = hooked(hyper.hook, () => lr);
    const options: MuonOptions = {
      learningRate: lr,
      momentum,
      nesterov,
      coefficients: { quintics: hyper.coefficients, floor: 1e-15 },
      scale: (out, into) => SCALES[scale_mode](out, into) * extra_scale_factor,
    };
    const params = inputs.params.map((param, i) => tf.variable(toTensor(param), true, `p${i}`));
    const optimizer = new TransformOptimizer(
      chain(muon(options), ...last),
      constraints.map((constraint) => constraint as never),
    );
    inputs.grads_per_step.forEach((grads, step) => {
      // The reference decays before its hook looks, so that the brake does not see the decay.
      for (const param of params) param.assign(tf.mul(param, 1 - lr * weight_decay));
      optimizer.applyGradients(grads.map((grad, i) => ({ name: `p${i}`, tensor: toTensor(grad) })));
      params.forEach((param, i) => {
        expectClose(param, expected.params_per_step[step][i].data, tolerance(`params[${i}]`));
      });
    });
    optimizer.dispose();
  });

  it('keeps what it says: the length, the angle of a step, a share', () => {
    const length = (x: tf.Tensor) => Math.hypot(...x.dataSync());
    const start = tf.randomNormal([6, 5], 0, 1, 'float32', 1);
    const after = (transform: Transform, constraints: MatrixConstraint[]) => {
      const w = tf.variable(start, true, 'w');
      const optimizer = new TransformOptimizer(transform, constraints as never[]);
      const lengths = [length(w)];
      for (let step = 0; step < 5; step++) {
        const before = tf.clone(w);
        optimizer.applyGradients([{ name: 'w', tensor: tf.randomNormal([6, 5], 0, 9, 'float32', step + 2) }]);
        lengths.push(length(w), length(tf.sub(w, before)));
      }
      optimizer.dispose();
      w.dispose();
      return lengths;
    };
    const kept = after(adamW({ learningRate: 0.3 }), [hyperball()]);
    for (const i of [1, 3, 5, 7, 9]) expect(kept[i]).toBeCloseTo(kept[0], 4);
    const braked = after(adamW({ learningRate: 0.3 }), [radialBrake({ outward: 0, inward: 0 })]);
    for (const i of [1, 3, 5, 7, 9]) expect(braked[i]).toBeCloseTo(braked[0], 4);
    const shared = after(chain(adamW(), normalizeUpdates({ share: 0.1 })), []);
    for (const i of [1, 3, 5, 7, 9])
      expect(shared[i + 1] / (i === 1 ? shared[0] : shared[i - 2])).toBeCloseTo(0.1, 4);
    const sized = after(chain(adamW(), normalizeUpdates({ norm: 0.25 })), []);
    for (const i of [1, 3, 5, 7, 9]) expect(sized[i + 1]).toBeCloseTo(0.25, 5);
  });

  it('promises no less than it does, so that a cap behind it holds', () => {
    for (const options of [{ norm: 0.3 }, { share: 0.2 }]) {
      for (const shape of [
        [3, 9],
        [9, 3],
        [6, 6],
      ] as [number, number][]) {
        const w = tf.variable(tf.randomNormal(shape, 0, 1, 'float32', 3), true, 'w');
        const transform = chain(sgd(), normalizeUpdates(options));
        const optimizer = new TransformOptimizer(transform, spectralSoftCap() as never);
        for (let step = 0; step < 10; step++) {
          const gradient = tf.outerProduct(tf.linspace(1, step + 2, shape[0]), tf.linspace(-1, 2, shape[1]));
          const before = singularValues(w)[0];
          const { updates } = transform.update({ w: gradient }, {}, { count: step, params: { w } });
          const { keep, update } = transform.stepBound!(w, step)!;
          expect(singularValues(tf.add(w, updates.w))[0]).toBeLessThanOrEqual(keep * before + update);
          optimizer.applyGradients([{ name: 'w', tensor: gradient }]);
          expect(rmsNorm(w)).toBeLessThanOrEqual(1);
        }
        optimizer.dispose();
        w.dispose();
      }
    }
  });
});

describeOnBackends('cautious', () => {
  /** The reference's other path: ε is added before the bias correction, or there is none. */
  const plainAdam = ({ betas: [b1, b2], eps, correct_bias }: Hyper): Transform =>
    perParam('plainAdam', ['m', 'v'], (g, slots, _param, count) => {
      const m = tf.add(tf.mul(slots.m, b1), tf.mul(g, 1 - b1));
      const v = tf.add(tf.mul(slots.v, b2), tf.mul(tf.square(g), 1 - b2));
      const t = count + 1;
      const factor = correct_bias ? Math.sqrt(1 - b2 ** t) / (1 - b1 ** t) : 1;
      return [tf.mul(tf.div<tf.Tensor>(m, tf.add(tf.sqrt(v), eps)), factor), { m, v }];
    });

  const follow = ({ inputs, expected, tolerance }: (typeof cases)[number], transform: Transform): void => {
    const params = inputs.params.map((param, i) => tf.variable(toTensor(param), true, `p${i}`));
    const optimizer = new TransformOptimizer(transform);
    inputs.grads_per_step.forEach((grads, step) => {
      optimizer.applyGradients(grads.map((grad, i) => ({ name: `p${i}`, tensor: toTensor(grad) })));
      params.forEach((param, i) => {
        expectClose(param, expected.params_per_step[step][i].data, tolerance(`params[${i}]`));
      });
    });
    optimizer.dispose();
  };

  it.each(ofKind('cautious_adamw'))('matches the reference: $name', (given) => {
    const { hyper } = given;
    const { betas, eps: epsilon } = hyper;
    const direction =
      hyper.path === 'foreach'
        ? scaleByAdam({ beta1: betas[0], beta2: betas[1], epsilon })
        : plainAdam(hyper);
    follow(
      given,
      chain(cautious(direction), addDecayedWeights(hyper.weight_decay), scaleByLearningRate(hyper.lr)),
    );
  });

  it.each(ofKind('cautious_muon'))('masks before Newton–Schulz: $name', (given) => {
    const { lr: learningRate, weight_decay: weightDecay, momentum } = given.hyper;
    follow(given, muon({ learningRate, weightDecay, momentum, cautious: true }));
  });

  it('sees signs where products are too small for float32', () => {
    const w = tf.variable(tf.ones([3]), true, 'w');
    const [g] = [tf.tensor1d([1e-30, -1e-30, 2e-30])];
    const { updates } = cautious(momentum(0)).update({ w: g }, {}, { count: 0, params: { w } });
    expectClose(updates.w, g.dataSync(), { rtol: 1e-6, atol: 0 });
  });

  it('refuses what makes a step, parameter by parameter', () => {
    const w = tf.variable(tf.ones([2]), true, 'w');
    const step = { count: 0, params: { w } };
    expect(() => cautious(adamW()).update({ w: tf.ones([2]) }, {}, step)).toThrow(
      "cautious: 'adamW' makes a step of 'w', expected a direction to climb",
    );
    const both = partition({ a: momentum(0.9), b: sgd() }, (param) => (named('w')(param) ? 'a' : 'b'));
    expectClose(cautious(both).update({ w: tf.ones([2]) }, {}, step).updates.w, [1, 1], 0);
    // The remedy that the error names.
    const remedy = chain(cautious(scaleByAdam()), scaleByLearningRate(1e-3));
    expectClose(remedy.update({ w: tf.ones([2]) }, {}, step).updates.w, [-1e-3, -1e-3], 1e-8);
  });
});

describe('norm control', () => {
  it('says what it takes', () => {
    expect(() => hyperball({ radius: 0 })).toThrow('hyperball: radius is 0');
    expect(() => radialBrake({ outward: -1 })).toThrow('radialBrake: outward is -1');
    expect(() => normalizeUpdates({} as { norm: number })).toThrow(
      'normalizeUpdates: neither norm nor share came',
    );
    expect(() => normalizeUpdates({ norm: 1, share: 1 } as { norm: number })).toThrow('both norm and share');
    expect(() => normalizeUpdates({ share: -1 })).toThrow('normalizeUpdates: share is -1');
    expect(() => cautious(undefined as never)).toThrow('cautious: got undefined, expected a Transform');
  });
});
