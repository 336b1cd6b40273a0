import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import reference from '../../fixtures/p8_merging.json' with { type: 'json' };
import { averageWeights, dare, slerp, taskArithmetic, ties } from '../index.js';

interface Inputs {
  base: GoldenTensor;
  models: GoldenTensor[];
  masks: GoldenTensor[];
  v0: GoldenTensor;
  v1: GoldenTensor;
}
interface Hyper {
  method: string;
  weights: number[];
  density: number[];
  normalize?: boolean;
  rescale_l1?: boolean;
  lambda?: number;
  t: number[];
}
type Merged = { merged: GoldenTensor | GoldenTensor[] };

const toTensor = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');
const named = (tensor: GoldenTensor) => ({ w: toTensor(tensor) });

async function mergedBy(inputs: Inputs, hyper: Hyper): Promise<tf.Tensor[]> {
  const { method, weights, density, normalize, lambda: scale } = hyper;
  const rescale = hyper.rescale_l1 ? 'l1' : method.endsWith('paper') ? 'density' : 'none';
  if (method === 'slerp') {
    const [v0, v1] = [named(inputs.v0), named(inputs.v1)];
    const points = [];
    // Theirs is at v0 for t = 0, ours at the first model for alpha = 1.
    for (const t of hyper.t) points.push((await slerp(v0, v1, 1 - t)).w);
    tf.dispose([v0, v1]);
    return points;
  }
  const models = inputs.models.map(named);
  const base = inputs.base && named(inputs.base);
  const masks = inputs.masks?.map(named);
  const common = { weights, scale, normalize };
  try {
    switch (method) {
      case 'linear':
        return [averageWeights(models, { weights, normalize }).w];
      case 'task_arithmetic':
        return [(await taskArithmetic(base, models, common)).w];
      case 'ties':
      case 'ties_count': {
        const elect = method === 'ties' ? 'sum' : 'count';
        return [(await ties(base, models, { ...common, density, rescale, elect })).w];
      }
      default: {
        const elect = method.startsWith('dare_ties') ? 'sum' : undefined;
        return [(await dare(base, models, { ...common, density, rescale, elect, masks })).w];
      }
    }
  } finally {
    tf.dispose([models, base, masks]);
  }
}

describeOnBackends('merging', () => {
  it.each(goldenCases<Inputs, Hyper, Merged>(reference))(
    'matches the reference: $name',
    async ({ inputs, hyper, expected, tolerance }) => {
      const before = tf.memory().numTensors;
      const merged = await mergedBy(inputs, hyper);
      expect(tf.memory().numTensors).toBe(before + merged.length);
      const wanted = [expected.merged].flat();
      merged.forEach((tensor, i) => {
        expectClose(tensor, wanted[i].data, tolerance('merged'));
      });
      tf.dispose(merged);
    },
  );
});

describe('dare', () => {
  const [base, model] = [{ w: tf.zeros([10_000]) }, { w: tf.ones([10_000]) }];

  it('keeps a share at random, by its seed, and the whole of a change in the mean', async () => {
    const kept = async (seed: number) =>
      (await dare(base, [model], { density: 0.25, seed })).w.dataSync<'float32'>();
    const first = await kept(1);
    expect(new Set(first)).toEqual(new Set([0, 4]));
    const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
    // Four standard errors of 10 000 draws.
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(3 / 10_000));
    expect(await kept(1)).toEqual(first);
    expect(await kept(2)).not.toEqual(first);
  });

  it('drops other entries of each model and tensor', async () => {
    const two = { a: base.w, b: base.w };
    const models = [model, model].map(({ w }) => ({ a: w, b: w }));
    const { a, b } = await dare(two, models, { density: 0.5 });
    // Both kept: 4, one: 2, none: 0.
    expect(new Set(a.dataSync())).toEqual(new Set([0, 2, 4]));
    expect(a.dataSync()).not.toEqual(b.dataSync());
  });
});

describe('ties', () => {
  it('keeps exactly the share, also of equal entries', async () => {
    const base = { w: tf.zeros([100]) };
    for (const [density, count] of [
      [0.29, 29],
      [0.001, 0],
      [1, 100],
    ]) {
      const { w } = await ties(base, [{ w: tf.ones([100]) }], { density });
      expect(w.dataSync().filter((x) => x === 1)).toHaveLength(count);
      expect(w.dataSync().slice(0, count)).toEqual(new Float32Array(count).fill(1));
    }
  });
});

describe('what cannot be merged', () => {
  const [base, model] = [
    { w: tf.zeros([3]), n: tf.tensor1d([1, 2], 'int32') },
    { w: tf.ones([3]), n: tf.tensor1d([5, 6], 'int32') },
  ];
  it.each<[string, () => Promise<unknown>]>([
    ['ties: models is empty', async () => ties(base, [])],
    [
      'taskArithmetic: weights is [1,2], expected a number for each of 1 models',
      async () => taskArithmetic(base, [model], { weights: [1, 2] }),
    ],
    ['ties: density is 0, expected a share above 0', async () => ties(base, [model], { density: 0 })],
    ['ties: density is [0.5,0.5]', async () => ties(base, [model], { density: [0.5, 0.5] })],
    [
      "dare: elect is \"most\", expected 'sum' or 'count'",
      async () => dare(base, [model], { elect: 'most' as never }),
    ],
    ['dare: seed is -1', async () => dare(base, [model], { seed: -1 })],
    ["dare: the mask of 'w' has no tensor, expected 3", async () => dare(base, [model], { masks: [{}] })],
    ['slerp: alpha is 2', async () => slerp(base, model, 2)],
    ['whose sum is 0', async () => averageWeights([base, model], { weights: [1, -1] })],
    ['expected', async () => ties(base, [{ w: tf.ones([4]), n: model.n }])],
  ])('%s', async (message, merge) => {
    const before = tf.memory().numTensors;
    await expect(merge()).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });

  it('integers are those of the first', async () => {
    for (const merged of [
      await ties(base, [model]),
      await slerp(base, model, 0.5),
      averageWeights([base, model]),
    ]) {
      expect(merged.n.dtype).toBe('int32');
      expect([...merged.n.dataSync()]).toEqual([1, 2]);
    }
  });
});
