import { lipschitzCertificate, type MatrixValues, publishedLipschitzEstimate } from '@evenkeel/lipschitz';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attention } from '../../test/attention.js';
import { normals, seeded } from '../../test/random.js';
import { gainPerExample } from './empirical-lipschitz.js';

// The attention bound against a search for inputs that break it, layer by layer.

interface Layer {
  query: MatrixValues;
  key: MatrixValues;
  value: MatrixValues;
  output: MatrixValues;
}

const square = (width: number, data: ArrayLike<number>): MatrixValues => ({ shape: [width, width], data });
const identity = (width: number) =>
  square(
    width,
    Array.from({ length: width ** 2 }, (_, i) => (i % (width + 1) === 0 ? 1 : 0)),
  );

/** Bounds on one attention layer alone: no residual, no norms from elsewhere. */
function boundOf(layer: Layer, heads: number, scale: number, inputRms: number) {
  const width = layer.query.shape[1];
  const nothing: MatrixValues = { shape: [width, width], data: new Float64Array(width ** 2) };
  const model = { architecture: 'lipschitz', embedding: nothing, head: nothing, heads, scale } as const;
  const blocks = [{ ...layer, mlpIn: nothing, mlpOut: nothing }];
  return lipschitzCertificate({ ...model, blocks, residualWeight: 1, valueScale: 1 }, { inputRms }).layers[0];
}

/** What the published formula says of one layer: w (v + 2 v q k), for q = k = `norm` and v = w = 1. */
function publishedBound(norm: number): number {
  const norms = { embed: 1, out: 1, v0: 1, w0: 1, mlp_in0: 0, mlp_out0: 0 };
  const { lipschitz } = publishedLipschitzEstimate({ ...norms, q0: norm, k0: norm });
  return 3 * (4 * lipschitz - 1); // from (½ + ½ L/3) ½
}

function layersOf(layers: Layer[]) {
  const stack = (name: keyof Layer) =>
    tf.stack(
      layers.map((layer) => tf.tensor(Array.from(layer[name].data), [...layer[name].shape])),
    ) as tf.Tensor3D;
  return { query: stack('query'), key: stack('key'), value: stack('value'), output: stack('output') };
}

interface Search {
  heads: number;
  scale: number;
  inputRms: number;
  tokens: number;
  steps: number;
}

/** The largest gain found from random tokens, per layer. */
function search(layers: Layer[], { heads, scale, inputRms, tokens, steps }: Search): number[] {
  const shape = [layers.length, tokens, layers[0].query.shape[1]];
  const weights = layersOf(layers);
  const forward = (x: tf.Tensor) => attention(x, { ...weights, heads, scale, valueScale: 1 });
  return gainPerExample(forward, tf.randomNormal(shape, 0, 2 * inputRms, 'float32', heads), {
    inputRms,
    steps,
  });
}

/** Weights of which every singular value is 1. */
function orthogonal(width: number, seed: number): MatrixValues {
  const normal = tf.randomNormal<tf.Rank.R2>([width, width], 0, 1, 'float32', seed);
  return square(width, tf.linalg.qr(normal)[0].dataSync());
}

describe('the attention bound', () => {
  beforeAll(() => tf.setBackend('cpu'));
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('holds for 300 random layers with %i heads', (heads) => {
    const random = seeded(heads);
    const width = 2 * heads;
    const shares: number[] = [];
    for (const [scale, inputRms] of [
      [1, 1],
      [0.25, 2],
      [3, 0.5],
    ]) {
      const layers = Array.from({ length: 100 }, (_, i): Layer => {
        const draw = () => {
          const size = 10 ** (1.5 * random() - 1) / Math.sqrt(width);
          const sparse = i % 4 === 0; // few entries: heads that look at different features
          const data = normals(random, width ** 2).map((x) => (sparse && random() < 0.5 ? 0 : size * x));
          return square(width, data);
        };
        return { query: draw(), key: draw(), value: draw(), output: draw() };
      });
      const found = search(layers, { heads, scale, inputRms, tokens: 4, steps: 8 });
      found.forEach((gain, i) => {
        const bound = boundOf(layers[i], heads, scale, inputRms).lipschitz;
        if (bound > 0) shares.push(gain / bound);
        else expect(gain).toBe(0);
      });
    }
    // Some bounds are reached, and the gain is a quotient of float32 numbers: 10⁻⁷ over a distance of 2 %.
    expect(Math.max(...shares)).toBeLessThanOrEqual(1 + 2e-5);
    // The search finds something: a bound of a third would not survive it.
    expect(Math.max(...shares)).toBeGreaterThan(heads === 1 ? 0.9 : 0.33);
  });

  it.each([
    { norm: 1, published: 3 },
    { norm: 2, published: 9 },
  ])('holds where a search exceeds the published formula: 4 heads, norms $norm', ({ norm, published }) => {
    const scaled = ({ shape, data }: MatrixValues) => ({ shape, data: Array.from(data, (x) => norm * x) });
    const layers = Array.from(
      { length: 12 },
      (_, i): Layer => ({
        query: scaled(orthogonal(16, 4 * i + 1)),
        key: scaled(orthogonal(16, 4 * i + 2)),
        value: orthogonal(16, 4 * i + 3),
        output: orthogonal(16, 4 * i + 4),
      }),
    );
    const found = Math.max(...search(layers, { heads: 4, scale: 1, inputRms: 1, tokens: 6, steps: 40 }));
    expect(publishedBound(norm)).toBeCloseTo(published, 10);
    expect(found).toBeGreaterThan(1.5 * published);
    for (const layer of layers) expect(boundOf(layer, 4, 1, 1).lipschitz).toBeGreaterThan(found);
  });

  it('is reached by heads that each see a token of their own, where the published size is exceeded', () => {
    // Identity weights. Token h lives in the features of head h, the last one in all of them; sharp scores.
    const [heads, width, scale] = [4, 16, 100];
    const ones = {
      query: identity(width),
      key: identity(width),
      value: identity(width),
      output: identity(width),
    };
    const tokens = Array.from({ length: 5 }, (_, t) =>
      Array.from({ length: width }, (_, i) => (t === heads ? 1 : Math.floor(i / 4) === t ? 2 : 0)),
    );
    const x = tf.tensor3d([tokens]);
    const weights = layersOf([ones]);
    const out = attention(x, { ...weights, heads, scale, valueScale: 1 });
    const rms = (token: tf.Tensor) => Math.sqrt(tf.mean(tf.square(token)).dataSync()[0]);
    for (const token of tf.unstack(tf.unstack(x)[0])) expect(rms(token)).toBeCloseTo(1, 6);
    expect(rms(tf.unstack(tf.unstack(out)[0])[heads])).toBeCloseTo(2, 5);
    // The published size of the output is w v = 1; ours is √Σνₕ² = 2, within the 1 % that σ₁ is off.
    const bound = boundOf(ones, heads, scale, 1).outputRms;
    expect(bound).toBeGreaterThanOrEqual(2);
    expect(bound).toBeLessThan(2.05);

    // The value path: where scores are sharp, growing tokens grow the output by as much.
    const move = attention(tf.mul(x, 1.01), { ...weights, heads, scale, valueScale: 1 });
    expect(rms(tf.unstack(tf.unstack(tf.sub(move, out))[0])[heads]) / 0.01).toBeCloseTo(2, 3);
  });
});
