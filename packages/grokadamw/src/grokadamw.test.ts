import { adamW, chain, sgd, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import published from '../fixtures/c1_grokadamw.json' with { type: 'json' };
import grokfast from '../fixtures/c2_grokfast.json' with { type: 'json' };
import { GrokAdamW, grokAdamW, grokfastEma, grokfastMa, lossGapSignal } from './index.js';

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

afterEach(() => vi.restoreAllMocks());

interface Hyper {
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  alpha_init: number;
  lamb: number;
  gamma: number;
  grokking_signal_decay_rate: number;
  gradient_clipping: number;
  signals_per_step?: (number | 'raise' | null)[][];
  train_eval_loss_per_step?: [number, number][];
}
interface Expected {
  combined_signal_per_step: (number | null)[];
  alpha_per_step: number[];
  params_per_step: GoldenTensor[][];
  final_state: { exp_avg: GoldenTensor; exp_avg_sq: GoldenTensor; grok_ema: GoldenTensor }[];
}

describeOnBackends('grokAdamW', () => {
  const cases = goldenCases<
    { params: GoldenTensor[]; grads_per_step: (GoldenTensor | null)[][] },
    Hyper,
    Expected
  >(published);
  it.each(cases)('follows the published code: $name', ({ inputs, hyper, expected, tolerance }) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    let now = 0;
    const signals = hyper.signals_per_step?.[0].map((_, i) => () => {
      const value = hyper.signals_per_step![now][i];
      if (value === 'raise') throw new Error('no signal');
      return value;
    });
    const losses = hyper.train_eval_loss_per_step;
    const gap = losses && [
      lossGapSignal(
        () => losses[now][0],
        () => losses[now][1],
      ),
    ];
    const transform = grokAdamW({
      learningRate: hyper.lr,
      beta1: hyper.betas[0],
      beta2: hyper.betas[1],
      epsilon: hyper.eps,
      weightDecay: hyper.weight_decay,
      alphaInit: hyper.alpha_init,
      lambda: hyper.lamb,
      gamma: hyper.gamma,
      grokkingSignals: gap ?? signals,
      grokkingSignalDecayRate: hyper.grokking_signal_decay_rate,
      maxGradNorm: hyper.gradient_clipping,
    });
    const optimizer = new TransformOptimizer(transform);
    const params = inputs.params.map((p, i) => tf.variable(toTensor(p), true, `p${i}`));
    for (const grads of inputs.grads_per_step) {
      const named = grads.flatMap((grad, i) => (grad ? [{ name: `p${i}`, tensor: toTensor(grad) }] : []));
      optimizer.applyGradients(named);
      if (expected.combined_signal_per_step[now] === null) expect(transform.signal).toBeNull();
      else expect(transform.signal).toBeCloseTo(expected.combined_signal_per_step[now]!, 12);
      expect(transform.alpha).toBeCloseTo(expected.alpha_per_step[now], 12);
      expected.params_per_step[now].forEach((want, i) => {
        expectClose(params[i], want.data, tolerance(`params[${i}]`));
      });
      now++;
    }
    optimizer.dispose();
  });

  it('counts steps per parameter, as published: one that had no gradient is corrected as for its own first step', () => {
    const [a, b] = [tf.variable(tf.tensor1d([1]), true, 'a'), tf.variable(tf.tensor1d([1]), true, 'b')];
    const optimizer = new TransformOptimizer(grokAdamW({ gamma: 0, weightDecay: 0, learningRate: 0.1 }));
    const step = (...names: string[]) =>
      optimizer.applyGradients(names.map((name) => ({ name, tensor: tf.tensor1d([0.5]) })));
    step('a');
    const moved = a.dataSync()[0];
    step('a');
    step('b');
    expectClose(b, [moved], 1e-7);
    optimizer.dispose();
  });

  it('decays β₁ by position by default, by the layer in the name on request', () => {
    // One step moves a parameter by (1 − β₁ₗ) / (1 − β₁) times what layer 0 moves.
    const moves = (options: object, names: string[]) => {
      const params = Object.fromEntries(
        names.map((name) => [name, tf.variable(tf.tensor1d([0]), true, name)]),
      );
      const gradients = Object.fromEntries(names.map((name) => [name, tf.tensor1d([1])]));
      const transform = grokAdamW({ learningRate: 1, epsilon: 0, ...options });
      const { updates } = transform.update(gradients, {}, { count: 0, params });
      const result = names.map((name) => -updates[name].dataSync()[0]);
      tf.dispose(params);
      return result;
    };
    const byLayer = [0, 1, 3].map((l) => (1 - 0.9 * 0.9 ** l) / 0.1);
    expectClose(moves({}, ['x', 'y']), [byLayer[0], byLayer[1]], 1e-4);
    const names = ['blocks.3.q', 'blocks.1.q', 'tokens.weight'];
    expectClose(moves({ layerDecay: 'layer' }, names), [byLayer[2], byLayer[1], byLayer[0]], 1e-4);
    const layerOf = ({ name }: { name: string }) => (name === 'x' ? 3 : 1);
    expectClose(moves({ layerDecay: 'layer', layerOf }, ['x', 'y']), [byLayer[2], byLayer[1]], 1e-4);
    expect(() => moves({ layerDecay: 'layer', layerOf: () => -1 }, ['x'])).toThrow(
      "grokAdamW: the layer of 'x' is -1",
    );
  });

  it('reports a broken signal once, and skips it', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const broken = () => {
      throw new Error('no loss yet');
    };
    const transform = grokAdamW({ grokkingSignals: [broken, () => Number.NaN, () => 0.5, () => null] });
    const w = tf.variable(tf.tensor1d([1]), true);
    for (const _ of [0, 1, 2]) transform.update({ w: tf.tensor1d([1]) }, {}, { count: 0, params: { w } });
    expect(transform.signal).toBe(0.5);
    expect(transform.alpha).toBeCloseTo(0.98 * Math.exp(-0.05), 12);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('grokking signal 0 threw "no loss yet"'),
      expect.stringContaining('grokking signal 1 returned NaN'),
    ]);
    w.dispose();
  });

  it('trains a tf.layers model as a class that is saved with it', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const optimizer = new GrokAdamW({ learningRate: 0.05, layerDecay: 'layer' });
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.ones([8, 2])];
    const { history } = await model.fit(x, y, { epochs: 5, verbose: 0 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0] as number);
    expect(optimizer.getConfig()).toEqual({ learningRate: 0.05, layerDecay: 'layer' });
    optimizer.dispose();
    model.dispose();
  });

  it('refuses the state of another model', () => {
    const w = tf.variable(tf.ones([2]), true, 'w');
    const state = { w: { m: tf.ones([3]), v: tf.ones([2]), ema: tf.ones([2]), step: tf.scalar(1, 'int32') } };
    expect(() => grokAdamW().update({ w: tf.ones([2]) }, state, { count: 1, params: { w } })).toThrow(
      "grokAdamW: the state 'm' of parameter 'w' has shape [3], expected [2]",
    );
    w.dispose();
  });

  it('says what it takes', () => {
    expect(() => grokAdamW({ beta1: 1 })).toThrow('grokAdamW: beta1 is 1, expected a number ≥ 0 and < 1');
    expect(() => grokAdamW({ layerDecay: 'depth' as 'layer' })).toThrow("grokAdamW: layerDecay is 'depth'");
    expect(() => grokAdamW({ layerOf: () => 0 })).toThrow(
      "grokAdamW: layerOf was given with layerDecay 'parameterIndex'",
    );
    expect(() => grokAdamW({ alphaInit: 1.1 })).toThrow('grokAdamW: alphaInit is 1.1');
    expect(() => grokfastEma({ alpha: 1 })).toThrow('grokfastEma: alpha is 1');
    expect(() => grokfastMa({ windowSize: 0 })).toThrow('grokfastMa: windowSize is 0');
    expect(() => grokfastMa({ filterType: 'max' as 'sum' })).toThrow("grokfastMa: filterType is 'max'");
  });
});

interface FastHyper {
  filter: 'ema' | 'ma';
  alpha?: number;
  lamb: number;
  window_size?: number;
  filter_type?: 'mean' | 'sum';
  warmup?: boolean;
  trigger?: boolean;
  optimizer: null | {
    name: 'sgd' | 'adamw';
    lr: number;
    momentum?: number;
    betas?: [number, number];
    weight_decay?: number;
  };
}

describeOnBackends('Grokfast', () => {
  const cases = goldenCases<
    { params: GoldenTensor[]; grads_per_step: (GoldenTensor | null)[][] },
    FastHyper,
    { filtered_grads_per_step: (GoldenTensor | null)[][]; params_per_step?: GoldenTensor[][] }
  >(grokfast);
  const filterOf = ({ filter, alpha, lamb, window_size, filter_type, warmup, trigger = false }: FastHyper) =>
    filter === 'ema'
      ? grokfastEma({ alpha, lambda: lamb })
      : grokfastMa({
          windowSize: window_size,
          lambda: lamb,
          filterType: filter_type,
          warmup,
          trigger,
        });
  const optimizerOf = ({
    name,
    lr,
    momentum,
    betas = [0.9, 0.999],
    weight_decay = 0,
  }: NonNullable<FastHyper['optimizer']>) =>
    name === 'sgd'
      ? sgd({ learningRate: lr, momentum })
      : adamW({ learningRate: lr, beta1: betas[0], beta2: betas[1], weightDecay: weight_decay });

  it.each(cases)('matches the published filters: $name', ({ inputs, hyper, expected, tolerance }) => {
    const params = inputs.params.map((p, i) => tf.variable(toTensor(p), true, `p${i}`));
    const byName = Object.fromEntries(params.map((p) => [p.name, p]));
    const [filter, optimizer] = [
      filterOf(hyper),
      hyper.optimizer && new TransformOptimizer(chain(filterOf(hyper), optimizerOf(hyper.optimizer))),
    ];
    let state = {};
    inputs.grads_per_step.forEach((grads, count) => {
      const named = grads.flatMap((grad, i) => (grad ? [{ name: `p${i}`, tensor: toTensor(grad) }] : []));
      const out = filter.update(Object.fromEntries(named.map(({ name, tensor }) => [name, tensor])), state, {
        count,
        params: byName,
      });
      state = out.state;
      expected.filtered_grads_per_step[count].forEach((want, i) => {
        if (want) expectClose(out.updates[`p${i}`], want.data, tolerance(`filtered_grads[${i}]`));
      });
      optimizer?.applyGradients(named);
      expected.params_per_step?.[count].forEach((want, i) => {
        expectClose(params[i], want.data, tolerance(`params[${i}]`));
      });
    });
    optimizer?.dispose();
  });
});

describeOnBackends('grokfastMa', () => {
  it('asks a trigger at each step whether to be off, and remembers what passes meanwhile', () => {
    const w = tf.variable(tf.tensor1d([0]), true, 'w');
    let isOff = true;
    const filter = grokfastMa({ windowSize: 2, lambda: 1, trigger: () => isOff });
    let state = {};
    const filtered = [1, 3, 5].map((value, count) => {
      isOff = count < 2;
      const out = filter.update({ w: tf.tensor1d([value]) }, state, { count, params: { w } });
      state = out.state;
      return out.updates.w.dataSync()[0];
    });
    expect(filtered).toEqual([1, 3, 5 + (3 + 5) / 2]);
  });

  it('holds its window and no more, and resumes bit for bit in the middle of the warm-up', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const create = () =>
      new TransformOptimizer(chain(grokfastMa({ windowSize: 3 }), sgd({ learningRate: 0.1 })));
    const run = (optimizer: TransformOptimizer, counts: number[]) => {
      for (const count of counts) optimizer.applyGradients([{ name: 'w', tensor: tf.tensor1d([count, 1]) }]);
      return Array.from(w.dataSync());
    };
    const [first, second] = [create(), create()];
    const saved = run(first, [0, 1]);
    await second.setWeights(await first.getWeights());
    const expected = run(first, [2, 3, 4]);
    expect((await first.getWeights()).length).toBe(1 + 3 + 1 + 1); // steps, window, how much of it is filled, entries
    w.assign(tf.tensor1d(saved));
    expect(run(second, [2, 3, 4])).toEqual(expected);
    first.dispose();
    second.dispose();
  });
});
