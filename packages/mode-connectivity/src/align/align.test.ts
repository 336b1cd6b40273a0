import { GPT, type GPTConfig, gptSymmetries } from '@evenkeel/gpt-model';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import reference from '../../fixtures/p7_alignment.json' with { type: 'json' };
import {
  align,
  denseSymmetries,
  distance,
  interpolate,
  linearSumAssignment,
  matchActivations,
  type Permutation,
  type Permutations,
  permute,
  type Symmetry,
} from '../index.js';

type Named = Record<string, tf.Tensor>;
const cases = goldenCases<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>>(
  reference,
);
const of = (kind: string) => cases.filter(({ hyper }) => hyper.kind === kind) as never[];
const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');
const inner = (a: Named, b: Named) =>
  tf.tidy(() =>
    Object.keys(a).reduce((sum, name) => sum + tf.sum(tf.mul(a[name], b[name])).dataSync()[0], 0),
  );

describe('linearSumAssignment', () => {
  interface Assignment {
    inputs: { cost: GoldenTensor };
    expected: { columns_maximise: GoldenTensor; columns_minimise: GoldenTensor };
  }
  it.each(of('assignment') as (Assignment & { name: string })[])(
    '$name',
    ({ inputs: { cost }, expected }) => {
      const n = cost.shape[0];
      expect(linearSumAssignment(cost.data, n)).toEqual(expected.columns_maximise.data);
      const negated = cost.data.map((x) => -x);
      expect(linearSumAssignment(negated, n)).toEqual(expected.columns_minimise.data);
    },
  );

  it('finds the best of all permutations', () => {
    const all = (items: number[]): number[][] =>
      items.length === 0
        ? [[]]
        : items.flatMap((x) => all(items.filter((y) => y !== x)).map((rest) => [x, ...rest]));
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647 - 0.5;
    };
    for (let n = 0; n < 7; n++) {
      const scores = Array.from({ length: n * n }, random);
      const sum = (order: number[]) => order.reduce((total, j, i) => total + scores[i * n + j], 0);
      const best = Math.max(...all(Array.from({ length: n }, (_, i) => i)).map(sum));
      expect(sum(linearSumAssignment(scores, n))).toBeCloseTo(best, 12);
    }
  });

  it('refuses what is no square of finite numbers', () => {
    expect(() => linearSumAssignment([1, 2, 3], 2)).toThrow('got 3 scores for n = 2');
    expect(() => linearSumAssignment([1, NaN, 3, 4], 2)).toThrow('scores[0, 1] is NaN');
  });
});

describeOnBackends('align', () => {
  interface MlpCase {
    name: string;
    inputs: {
      model_a: { W: GoldenTensor; b: GoldenTensor }[];
      model_b: { W: GoldenTensor; b: GoldenTensor }[];
      x?: GoldenTensor;
      y?: GoldenTensor;
    };
    hyper: { layer_order_per_sweep: number[][]; alphas: number[] };
    expected: {
      permutations: GoldenTensor[];
      sweeps: number;
      objective_before: number;
      objective_after: number;
      distance_before: number;
      distance_after: number;
      loss_path_naive?: GoldenTensor;
      loss_path_aligned?: GoldenTensor;
    };
    tolerance(output: string): { rtol: number; atol: number };
  }

  const namedLayers = (layers: MlpCase['inputs']['model_a']): Named =>
    Object.fromEntries(
      layers.flatMap(({ W, b }, i) => [
        [`${i}.kernel`, toTensor(W)],
        [`${i}.bias`, toTensor(b)],
      ]),
    );

  it.each(of('mlp') as MlpCase[])(
    'matches the reference: $name',
    async ({ inputs, hyper, expected, tolerance }) => {
      const [a, b] = [namedLayers(inputs.model_a), namedLayers(inputs.model_b)];
      const layers = inputs.model_a.map((_, i) => ({ kernel: `${i}.kernel`, bias: `${i}.bias` }));
      const units = inputs.model_a.slice(0, -1).map(({ W }) => W.shape[0]);
      const symmetries = denseSymmetries(layers, units, { layout: '[out, in]' });
      const before = tf.memory().numTensors;
      const { weights, permutations, sweeps } = await align(a, b, symmetries, {
        order: hyper.layer_order_per_sweep.map((sweep) => sweep.map((i) => `${i}.kernel`)),
      });
      expect(tf.memory().numTensors).toBe(before + Object.keys(b).length);
      expect(units.map((_, i) => permutations[`${i}.kernel`].units)).toEqual(
        expected.permutations.map(({ data }) => data),
      );
      expect(sweeps).toBe(expected.sweeps);
      const close = (name: string, actual: number) =>
        expectClose(tf.scalar(actual), [expected[name as 'objective_after']], tolerance(name));
      close('objective_before', inner(a, b));
      close('objective_after', inner(a, weights));
      close('distance_before', distance(a, b));
      close('distance_after', distance(a, weights));
      for (const [other, path] of [
        [b, 'loss_path_naive'],
        [weights, 'loss_path_aligned'],
      ] as const) {
        if (!expected[path]) continue;
        const [x, labels] = [toTensor(inputs.x!), inputs.y!.data];
        const losses = hyper.alphas.map((alpha) =>
          tf.tidy(() => {
            const w = interpolate(a, other, 1 - alpha);
            const logits = layers.reduce<tf.Tensor>((h, layer, i) => {
              const y = tf.add(
                tf.matMul(i === 0 ? h : tf.relu(h), w[layer.kernel], false, true),
                w[layer.bias],
              );
              return y;
            }, x);
            const chosen = tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1]!);
            return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1))).arraySync() as number;
          }),
        );
        expectClose(tf.tensor(losses), expected[path].data, tolerance(path));
        x.dispose();
      }
      tf.dispose([a, b, weights]);
    },
  );

  interface GptCase {
    name: string;
    inputs: { model_a: Record<string, GoldenTensor>; model_b: Record<string, GoldenTensor> };
    hyper: { n_head: number; n_inner: number; n_embd: number; n_layer: number };
    expected: { head_permutations: GoldenTensor[]; mlp_permutations: GoldenTensor[] };
  }
  it.each(of('gpt2') as GptCase[])('matches the reference: $name', async ({ inputs, hyper, expected }) => {
    const toWeights = (model: Record<string, GoldenTensor>): Named =>
      Object.fromEntries(
        Object.entries(model).map(([name, tensor]) => [
          name
            .replace('wte', 'embed')
            .replace('wpe', 'position')
            .replace('h.', 'blocks.')
            .replace('ln_f', 'norm')
            .replace(/ln_(\d)/, 'norm$1')
            .replace('attn.c_attn', 'attention.qkv')
            .replace('attn.c_proj', 'attention.out')
            .replace('c_fc', 'up')
            .replace('mlp.c_proj', 'mlp.down'),
          // Ours are [out, in].
          tf.tidy(() => (/c_\w+\.weight/.test(name) ? tf.transpose(toTensor(tensor)) : toTensor(tensor))),
        ]),
      );
    const [a, b] = [toWeights(inputs.model_a), toWeights(inputs.model_b)];
    const config = new GPT({
      architecture: 'gpt2',
      vocabSize: a['embed.weight'].shape[0],
      contextLength: a['position.weight'].shape[0],
      layers: hyper.n_layer,
      heads: hyper.n_head,
      width: hyper.n_embd,
      mlpWidth: hyper.n_inner,
    });
    const { weights, permutations } = await align(a, b, gptSymmetries(config.config, { residual: false }));
    config.dispose();
    for (let i = 0; i < hyper.n_layer; i++) {
      expect(permutations[`blocks.${i}.attention`].units).toEqual(expected.head_permutations[i].data);
      expect(permutations[`blocks.${i}.mlp`].units).toEqual(expected.mlp_permutations[i].data);
    }
    tf.dispose([a, b, weights]);
  });
});

/** A random permutation of each symmetry. */
function shuffled(symmetries: readonly Symmetry[], seed: number): Permutations {
  let state = seed;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  const order = (n: number) =>
    Array.from({ length: n }, (_, i) => [random(), i])
      .sort(([a], [b]) => a - b)
      .map(([, i]) => i);
  const one = ({ units, within }: Symmetry): Permutation => ({
    units: order(units),
    ...(within ? { within: Array.from({ length: units }, () => order(within.units)) } : {}),
  });
  return Object.fromEntries(symmetries.map((symmetry) => [symmetry.name, one(symmetry)]));
}

const size = { vocabSize: 11, contextLength: 6, layers: 2, heads: 4, width: 16 };
const MODELS: Record<string, GPTConfig> = {
  gpt2: { architecture: 'gpt2', ...size },
  'gpt2 untied, head bias': { architecture: 'gpt2', ...size, tiedHead: false, headBias: true },
  llama: { architecture: 'llama', ...size },
  'llama, shared keys, fused': {
    architecture: 'llama',
    ...size,
    kvHeads: 2,
    fusedQkv: true,
    fusedGate: true,
    qkvBias: true,
  },
  'llama, one key': { architecture: 'llama', ...size, kvHeads: 1, attentionOutBias: true, mlpBias: true },
  mixtral: { architecture: 'llama', ...size, kvHeads: 2, experts: 3, mlpWidth: 10 },
  'mixtral, fused': {
    architecture: 'llama',
    ...size,
    experts: 3,
    mlpWidth: 10,
    fusedGate: true,
    mlpBias: true,
  },
  gemma: {
    architecture: 'llama',
    ...size,
    norm: 'rmsNormPlusOne',
    activation: 'geluTanh',
    embeddingScale: 4,
  },
  lipschitz: { architecture: 'lipschitz', ...size, kvHeads: 2 },
  'lipschitz, maxMin': {
    architecture: 'lipschitz',
    ...size,
    activation: 'maxMin',
    scoreBias: true,
    norm: 'tanh',
  },
  'gated maxMin, scores by distance': {
    architecture: 'llama',
    ...size,
    activation: 'maxMin',
    scoreBias: true,
    kvHeads: 2,
  },
};

/** A model whose every parameter is random, gains and biases too. */
function randomModel(config: GPTConfig, seed: number): GPT {
  const model = new GPT(config, { seed });
  [...model.parameters.values()].forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.4, 'float32', 100 * seed + i + 1)));
  });
  return model;
}
const weightsOf = ({ parameters }: GPT): Named => Object.fromEntries(parameters);
const TOKENS = [
  [1, 2, 3, 4, 5, 6],
  [10, 9, 0, 2, 2, 7],
];

describeOnBackends('the symmetries of', () => {
  it.each(Object.entries(MODELS))(
    '%s change no output, and planted ones are found exactly',
    async (_, config) => {
      const model = randomModel(config, 1);
      const other = new GPT(config);
      const symmetries = gptSymmetries(model.config);
      const planted = shuffled(symmetries, 7);
      const moved = permute(weightsOf(model), symmetries, planted);
      for (const [name, variable] of other.parameters) variable.assign(moved[name]);
      const [before, after] = [model.forward(TOKENS), other.forward(TOKENS)];
      expectClose(after, before.dataSync(), { atol: 1e-5, rtol: 1e-5 });
      expect(distance(weightsOf(model), moved)).toBeGreaterThan(1);

      // All that can be told apart is told apart: the model back in its order is the model.
      const noisy = tf.tidy(() =>
        Object.fromEntries(
          Object.entries(moved).map(([name, w], i) => [
            name,
            tf.add(w, tf.randomNormal(w.shape, 0, 0.01, 'float32', i + 1)),
          ]),
        ),
      );
      const live = tf.memory().numTensors;
      const { weights, permutations } = await align(weightsOf(model), noisy, symmetries);
      expect(tf.memory().numTensors).toBe(live + Object.keys(noisy).length);
      const root = Math.sqrt(Object.values(noisy).reduce((n, w) => n + w.size, 0));
      expect(distance(weightsOf(model), weights)).toBeLessThan(0.011 * root);

      // What each unit gives tells the same.
      const activationsOf = (gpt: GPT) => {
        const seen: Named = {};
        tf.tidy(() => {
          gpt.forward(TOKENS, {
            observe: (name, activation) => {
              seen[name] = tf.keep(tf.clone(activation));
            },
          });
        });
        return seen;
      };
      const matched = await matchActivations(symmetries, [[activationsOf(model), activationsOf(other)]]);
      const back = permute(moved, symmetries, matched);
      expect(distance(weightsOf(model), back)).toBeLessThan(1e-4);
      for (const [name, { units }] of Object.entries(matched))
        expect(permutations[name].units).toEqual(units);

      tf.dispose([moved, noisy, weights, back, before, after]);
      model.dispose();
      other.dispose();
    },
  );
});

describe('align', () => {
  const layers = [
    { kernel: 'a', bias: 'b' },
    { kernel: 'c', bias: 'd' },
  ];
  const make = (seed: number): Named => ({
    a: tf.randomNormal([3, 5], 0, 1, 'float32', seed),
    b: tf.randomNormal([5], 0, 1, 'float32', seed + 1),
    c: tf.randomNormal([5, 2], 0, 1, 'float32', seed + 2),
    d: tf.randomNormal([2], 0, 1, 'float32', seed + 3),
  });

  it('refuses symmetries that are not the model’s, and leaves nothing behind', async () => {
    const [a, b] = [make(1), make(9)];
    const before = tf.memory().numTensors;
    await expect(align(a, b, denseSymmetries(layers, [6]))).rejects.toThrow(
      "'a' has shape [3,5], expected 6 units",
    );
    await expect(align(a, b, [{ name: 'x', units: 2, slices: [{ tensor: 'z', axis: 0 }] }])).rejects.toThrow(
      "there is no tensor 'z'",
    );
    await expect(align(a, b, 3 as never)).rejects.toThrow('symmetries is 3, expected a list');
    await expect(align(a, b, denseSymmetries(layers, [5]), { order: [['b']] })).rejects.toThrow(
      'each of a once',
    );
    expect(() => permute(a, denseSymmetries(layers, [5]), { a: { units: [0, 1, 2, 3, 3] } })).toThrow(
      'expected each unit from 0 to 4 once',
    );
    expect(() => denseSymmetries(layers, [])).toThrow('expected those of each layer but the last');
    await expect(matchActivations(denseSymmetries(layers, [5]), [])).rejects.toThrow('says of no activation');
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([a, b]);
  });

  it('ends at the most sweeps, and tells of each', async () => {
    const [a, b] = [make(1), make(9)];
    const told: number[] = [];
    const { weights, sweeps } = await align(a, b, denseSymmetries(layers, [5]), {
      maxSweeps: 1,
      onProgress: ({ sweep, gain }) => void told.push(sweep, gain),
    });
    expect(sweeps).toBe(1);
    expect(told[0]).toBe(1);
    expect(told[1]).toBeGreaterThan(0);
    tf.dispose([a, b, weights]);
  });
});
