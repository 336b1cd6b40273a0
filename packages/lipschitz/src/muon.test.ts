import { adamW, chain, clipByGlobalNorm, named, partition, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import updates from '../fixtures/e2_muon_update.json' with { type: 'json' };
import trajectories from '../fixtures/e3_muon_trajectories.json' with { type: 'json' };
import { rmsNorm, singularValues, toTensor } from '../test/tensors.js';
import { type CoefficientsName, modulaEmbedding, modulaMuon, muon, normalizeUpdates } from './index.js';

describeOnBackends('muon', () => {
  const updateCases = goldenCases<
    { grad: GoldenTensor; momentum: GoldenTensor },
    { beta: number; ns_steps: number; nesterov: boolean },
    { update: GoldenTensor; momentum_after: GoldenTensor }
  >(updates);
  it.each(updateCases)('matches the published update: $name', ({ inputs, hyper, expected, tolerance }) => {
    const transform = muon({
      learningRate: 1,
      momentum: hyper.beta,
      steps: hyper.ns_steps,
      nesterov: hyper.nesterov,
    });
    const [g, m] = [toTensor(inputs.grad), toTensor(inputs.momentum)];
    const w = tf.variable(tf.zerosLike(g));
    const out = transform.update({ w: g }, { w: { m } }, { count: 0, params: { w } });
    expectClose(tf.neg(out.updates.w), expected.update.data, tolerance('update'));
    expectClose(
      (out.state.w as { m: tf.Tensor }).m,
      expected.momentum_after.data,
      tolerance('momentum_after'),
    );
  });

  interface Group {
    idx: number[];
    use_muon: boolean;
    lr?: number;
    weight_decay?: number;
    momentum?: number;
    betas?: [number, number];
  }
  const trajectoryCases = goldenCases<
    { params: GoldenTensor[]; grads_per_step: (GoldenTensor | null)[][] },
    { groups: Group[] },
    { params_per_step: GoldenTensor[][] }
  >(trajectories);
  it.each(trajectoryCases)(
    'follows the published trajectory: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const params = inputs.params.map((p, i) => tf.variable(toTensor(p), true, `p${i}`));
      const groups = hyper.groups.map(
        ({ use_muon, lr, weight_decay = 0, momentum, betas: [beta1, beta2] = [0.9, 0.95] }) =>
          use_muon
            ? muon({ learningRate: lr, momentum, weightDecay: weight_decay })
            : adamW({ learningRate: lr ?? 3e-4, beta1, beta2, epsilon: 1e-10, weightDecay: weight_decay }),
      );
      const labelOf = ({ name }: tf.Variable) =>
        `g${hyper.groups.findIndex(({ idx }) => idx.includes(+name.slice(1)))}`;
      const optimizer = new TransformOptimizer(
        partition(Object.fromEntries(groups.map((transform, i) => [`g${i}`, transform])), labelOf),
      );
      inputs.grads_per_step.forEach((grads, step) => {
        // A missing gradient counts as 0 in the reference.
        const tensors = grads.map((grad, i) => (grad ? toTensor(grad) : tf.zerosLike(params[i])));
        optimizer.applyGradients(tensors.map((tensor, i) => ({ name: `p${i}`, tensor })));
        expected.params_per_step[step].forEach((want, i) => {
          expectClose(params[i], want.data, tolerance(`params[${i}]`));
        });
      });
      optimizer.dispose();
    },
  );

  it('steps by the target norm, RMS→RMS, in the Modula variant', () => {
    const step = (shape: [number, number], heads = 1, layout: 'outIn' | 'inOut' = 'outIn') => {
      const w = tf.variable(tf.zeros(shape), true);
      const transform = modulaMuon({
        learningRate: 0.5,
        targetNorm: ({ name }) => (name === w.name ? 0.2 : 1),
        heads,
        layout,
      });
      const g = tf.randomNormal(shape, 0, 1, 'float32', 5);
      const { updates } = transform.update({ [w.name]: g }, {}, { count: 0, params: { [w.name]: w } });
      return updates[w.name] as tf.Tensor2D;
    };
    for (const shape of [
      [32, 8],
      [8, 32],
      [12, 12],
    ] as [number, number][])
      expect(rmsNorm(step(shape))).toBeCloseTo(0.1, 3);
    // One step per head: each head's rows by themselves.
    for (const head of tf.split(step([16, 32], 4), 4)) expect(rmsNorm(head)).toBeCloseTo(0.1, 3);
    expect(rmsNorm(tf.transpose(step([8, 32], 1, 'inOut')))).toBeCloseTo(0.1, 3);
  });

  it('gives the same update for a kernel of rank 4 as for its matrix', () => {
    const grad = tf.randomNormal([2, 2, 3, 8], 0, 1, 'float32', 5);
    const run = (g: tf.Tensor) => {
      const w = tf.variable(tf.zerosLike(g), true);
      const { updates } = muon({ layout: 'inOut' }).update({ w: g }, {}, { count: 0, params: { w } });
      return updates.w;
    };
    expectClose(run(grad), run(tf.reshape(grad, [12, 8])).dataSync(), 0);
  });

  it('promises no less than it does', () => {
    const side = fc.integer({ min: 1, max: 24 });
    const settings = fc.record({
      rows: side,
      columns: side,
      heads: fc.constantFrom(1, 2, 3),
      learningRate: fc.double({ min: 0.001, max: 2, noNaN: true }),
      weightDecay: fc.double({ min: 0, max: 2, noNaN: true }),
      coefficients: fc.constantFrom<CoefficientsName>('sixStep', 'fiveStep', 'kellerJordan'),
      scale: fc.constantFrom('aspectRatio' as const, 'rmsToRms' as const),
      steps: fc.integer({ min: 1, max: 8 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(settings, ({ rows, columns, seed, heads, ...options }) =>
        tf.tidy(() => {
          const shape: [number, number] = [rows * heads, columns];
          const w = tf.variable(tf.randomNormal(shape, 0, 1, 'float32', seed), true);
          const transform = muon({ ...options, heads });
          const g = tf.randomNormal(shape, 0, 1, 'float32', seed + 1);
          const { updates } = transform.update({ w: g }, {}, { count: 0, params: { w } });
          const { keep, update } = transform.stepBound!(w, 0)!;
          const norm = (x: tf.Tensor) => singularValues(x)[0];
          const next = tf.add(w, updates.w);
          for (const h of Array.from({ length: heads }, (_, i) => i)) {
            const head = (x: tf.Tensor) => tf.slice(x as tf.Tensor2D, [h * rows, 0], [rows, columns]);
            expect(norm(head(next))).toBeLessThanOrEqual((keep * norm(head(w)) + update) * (1 + 1e-5) + 1e-5);
          }
          const whole = keep * norm(w) + update * Math.sqrt(heads);
          expect(norm(next)).toBeLessThanOrEqual(whole * (1 + 1e-5) + 1e-5);
          w.dispose();
        }),
      ),
      { numRuns: 100 },
    );
  });

  it('promises for the last stage of a chain and for its part of a partition only', () => {
    const [w, b] = [tf.variable(tf.ones([4, 4]), true, 'w'), tf.variable(tf.ones([4]), true, 'b')];
    const split = partition({ muon: muon({ learningRate: 0.1 }), adam: adamW() }, (p) =>
      named('w')(p) ? 'muon' : 'adam',
    );
    expect(chain(clipByGlobalNorm(1), split).stepBound!(w, 0)!.update).toBeCloseTo(0.1204, 3);
    expect(split.stepBound!(b, 0)).toBeUndefined();
    expect(chain(muon(), clipByGlobalNorm(1)).stepBound!(w, 0)).toBeUndefined();
  });
});

describe('muon', () => {
  it('says what it takes', () => {
    expect(() => muon({ momentum: 1 })).toThrow('muon: momentum is 1, expected a number ≥ 0 and < 1');
    expect(() => muon({ learningRate: -1 })).toThrow('muon: learningRate is -1');
    expect(() => muon({ scale: 'rms' as 'rmsToRms' })).toThrow("muon: scale is 'rms'");
    expect(() => muon({ coefficients: 'quick' as 'sixStep' })).toThrow("muon: coefficients is 'quick'");
    const b = tf.variable(tf.ones([3]), true);
    expect(() => muon().update({ b: tf.ones([3]) }, {}, { count: 0, params: { b } })).toThrow(
      `muon: parameter '${b.name}' has shape [3], expected a matrix or a batch of matrices`,
    );
    b.dispose();
  });
});

describe('what a schedule gives', () => {
  const falling = (step: number) => 0.1 - step;
  it.each([
    ['muon: learningRate', muon({ learningRate: falling })],
    ['muon: momentum', muon({ momentum: falling })],
    ['muon: weightDecay', muon({ weightDecay: falling })],
    ['modulaEmbedding: learningRate', modulaEmbedding({ learningRate: falling })],
    ['normalizeUpdates: share', normalizeUpdates({ share: falling })],
  ])('is checked at the step where it is out of range: %s', (name, transform) => {
    const w = tf.variable(tf.ones([2, 2]), true);
    const updates = { w: tf.ones([2, 2]) };
    const at = (count: number) => tf.tidy(() => void transform.update(updates, {}, { count, params: { w } }));
    expect(() => at(0)).not.toThrow();
    expect(() => at(1)).toThrow(`${name} at step 1 is -0.9`);
    tf.dispose([w, updates.w]);
  });
});
