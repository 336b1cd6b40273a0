import { both, isMatrix, named, not } from '@evenkeel/optim';
import { logStablemax, stablemax } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import {
  GPT,
  GPT_PRESETS,
  type GPTConfig,
  type GPTOptions,
  MODEL_PRESETS,
  parameterShapes,
  resolveConfig,
} from './index.js';

const config: GPTConfig = {
  architecture: 'gpt2',
  vocabSize: 10,
  contextLength: 6,
  layers: 2,
  heads: 2,
  width: 8,
};
const TOKENS = [[1, 2, 3, 4]];

const rms = (x: tf.Tensor) => Math.sqrt(tf.mean(tf.square(x)).dataSync()[0]);

describe('GPT_PRESETS', () => {
  it('have the sizes of the published models', () => {
    const count = (name: keyof typeof GPT_PRESETS) =>
      [...parameterShapes(resolveConfig(GPT_PRESETS[name])).values()].reduce(
        (sum, shape) => sum + shape.reduce((a, b) => a * b),
        0,
      );
    expect(count('gpt2')).toBe(124_439_808);
    expect(count('gpt2-medium')).toBe(354_823_168);
    expect(count('gpt2-large')).toBe(774_030_080);
    expect(count('gpt2-xl')).toBe(1_557_611_200);
    expect(GPT_PRESETS.tiny).toMatchObject({
      vocabSize: 65,
      width: 64,
      contextLength: 8,
      layers: 4,
      heads: 4,
    });
    expect(GPT_PRESETS.toy).toMatchObject({
      vocabSize: 50257,
      width: 32,
      contextLength: 8,
      layers: 4,
      heads: 4,
    });
    expect(GPT_PRESETS.compact).toMatchObject({ width: 192, contextLength: 64, layers: 6, heads: 6 });
    expect(GPT_PRESETS.mini).toMatchObject({ width: 384, contextLength: 256, layers: 6, heads: 6 });
  });
});

describe('resolveConfig', () => {
  it.each<[string, Partial<Record<keyof GPTConfig, unknown>>, string]>([
    [
      'an architecture',
      { architecture: 'bert' },
      "architecture is 'bert', expected one of gpt2, llama, lipschitz",
    ],
    ['a prototype key', { architecture: 'constructor' }, "architecture is 'constructor'"],
    ['a size', { layers: 0 }, 'layers is 0, expected a whole number ≥ 1'],
    ['absurd sizes', { layers: 2 ** 31 }, 'make 2147483648 MLPs, expected at most 65536'],
    ['a missing size', { width: undefined }, 'width is undefined'],
    ['heads', { heads: 3 }, 'headDim is 2.66'],
    ['key heads', { heads: 4, kvHeads: 3 }, 'kvHeads is 3, expected a divisor of heads, 4'],
    ['a choice', { norm: 'batchNorm' }, "norm is 'batchNorm', expected one of layerNorm"],
    ['a flag', { tiedHead: 'no' }, "tiedHead is 'no', expected true or false"],
    ['a number', { finalScale: Number.NaN }, 'finalScale is NaN'],
    ['an unknown choice', { nLayer: 2 } as object, "'nLayer' is no choice"],
    ['dropout', { dropout: 1 }, 'dropout is 1, expected 0 to below 1'],
    ['a window', { slidingWindow: 0 }, 'slidingWindow is 0'],
    ['experts', { experts: 2, activeExperts: 3 }, 'activeExperts is 3, expected at most experts, 2'],
    ['a fused gate without a gate', { fusedGate: true }, 'fusedGate came without gatedMlp'],
    ['a residual weight', { residual: 'convex', residualWeight: 2 }, "residual's weight is 2"],
    ['an odd rotary part', { position: 'rotary', rotaryFraction: 0.4 }, 'would turn 1 of 4 entries'],
    ['a rotary base', { position: 'rotary', rotaryBase: 0 }, 'rotaryBase is 0'],
    [
      'rotary scaling',
      { position: 'rotary', rotaryScaling: { type: 'yarn', factor: 2 } },
      "rotaryScaling.type is 'yarn', expected linear or llama3",
    ],
    [
      'an exchanged scaling',
      {
        position: 'rotary',
        rotaryScaling: {
          type: 'llama3',
          factor: 8,
          lowFrequencyFactor: 4,
          highFrequencyFactor: 1,
          originalContextLength: 64,
        },
      },
      'lowFrequencyFactor is 4, expected below highFrequencyFactor, 1',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => resolveConfig({ ...config, ...change } as GPTConfig)).toThrow(message);
  });

  it('keeps what it resolved', () => {
    const resolved = resolveConfig(config);
    expect(resolveConfig(resolved)).toEqual(resolved);
  });
});

describe('MODEL_PRESETS', () => {
  it.each(Object.entries(MODEL_PRESETS))('name the head and what to skip: %s', (family, preset) => {
    const architecture = family === 'gpt2' ? 'gpt2' : 'llama';
    const tiedHead = preset.headParameters[0] === 'embed.weight';
    const shapes = parameterShapes(resolveConfig({ ...config, architecture, tiedHead, experts: 2 }));
    expect(preset.headParameters.some((name) => shapes.has(name))).toBe(true);
    for (const [name, { length }] of shapes)
      expect(preset.orthogradSkips.test(`gpt/${name}`)).toBe(length === 1);
  });
});

describeOnBackends('GPT', () => {
  it('initialises gpt2 as published, from its seed', () => {
    const wide: GPTConfig = { ...config, width: 64, heads: 4 };
    const [model, same, other] = [4, 4, 5].map((seed) => new GPT(wide, { seed }));
    const weights = (name: string) => model.parameters.get(name)!;
    expect(rms(weights('blocks.0.mlp.up.weight'))).toBeCloseTo(0.02, 3);
    expect(rms(weights('blocks.1.mlp.down.weight'))).toBeCloseTo(0.02 / Math.sqrt(4), 3);
    expect(rms(weights('blocks.0.attention.out.weight'))).toBeCloseTo(0.02 / Math.sqrt(4), 3);
    expectClose(weights('blocks.0.mlp.up.bias'), new Array(256).fill(0), 0);
    expectClose(weights('norm.weight'), new Array(64).fill(1), 0);
    const up = (gpt: GPT) => gpt.parameters.get('blocks.0.mlp.up.weight')!.dataSync();
    expect(up(same)).toEqual(up(model));
    expect(up(other)).not.toEqual(up(model));
    for (const gpt of [model, same, other]) gpt.dispose();
  });

  it('initialises lipschitz orthogonal, with embeddings of RMS 1', () => {
    const model = new GPT({ ...config, architecture: 'lipschitz', zeroInit: false });
    const squared = (x: tf.Tensor, transposed: boolean) =>
      tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, transposed, !transposed);
    const [up, down] = ['up', 'down'].map((name) => model.parameters.get(`blocks.0.mlp.${name}.weight`)!);
    expectClose(squared(up, true), tf.mul(tf.eye(8), 4), 1e-5); // out/in = 32/8
    expectClose(squared(down, false), tf.mul(tf.eye(8), 1 / 4), 1e-5);
    const embed = model.parameters.get('embed.weight')!;
    expectClose(tf.mean(tf.square(embed), -1), new Array(10).fill(1), 1e-5);
    model.dispose();
  });

  it('starts at zero where asked, so that each block passes on what it gets', () => {
    const model = new GPT({ ...config, architecture: 'lipschitz', zeroInit: true });
    expectClose(model.forward(TOKENS), new Array(40).fill(0), 0);
    model.dispose();
  });

  it('starts at unigram frequencies where asked', () => {
    const model = new GPT(
      { ...config, architecture: 'lipschitz', zeroInit: true, headBias: true },
      { unigramCounts: [9, 4, 0, 0, 0, 0, 0, 0, 0, 0] },
    );
    const p = tf.softmax(model.forward([[3]])).dataSync();
    expectClose(p, [10 / 23, 5 / 23, ...new Array(8).fill(1 / 23)], 1e-6);
    model.dispose();
    const options = { unigramCounts: [1] };
    expect(() => new GPT({ ...config, headBias: true }, options)).toThrow(
      'unigramCounts has 1 entries, expected 10',
    );
    expect(() => new GPT(config, { unigramCounts: new Array(10).fill(1) })).toThrow('without headBias');
  });

  it('takes initial values from a loader, one at a time, without a second copy', () => {
    const before = tf.memory();
    let most = 0;
    const shapes = parameterShapes(resolveConfig(config));
    const model = new GPT(config, {
      initialize: (name, shape) => {
        expect(shapes.get(name)).toEqual(shape);
        most = Math.max(most, tf.memory().numTensors - before.numTensors);
        return tf.fill(shape, 0.5);
      },
    });
    expect(most).toBe(shapes.size - 1); // those made before, and no temporary beside them
    expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(shapes.size);
    expectClose(model.parameters.get('norm.weight')!, new Array(8).fill(0.5), 0);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('leaves nothing behind when an initial value does not fit', () => {
    const before = tf.memory().numTensors;
    const initialize: GPTOptions['initialize'] = (name, shape) =>
      tf.zeros(name === 'norm.weight' ? [3] : shape);
    expect(() => new GPT(config, { initialize })).toThrow(
      "initial value of 'norm.weight' is float32 of shape [3], expected float32 of shape [8]",
    );
    expect(tf.memory().numTensors).toBe(before);
    new GPT(config).dispose();
  });

  it('lives beside others, and frees its name', () => {
    const [first, second] = [new GPT(config), new GPT(config)];
    expect([first.name, second.name]).toEqual(['gpt', 'gpt_1']);
    expect(first.variables[0].name).toBe('gpt/embed.weight');
    expect(() => new GPT(config, { name: 'gpt' })).toThrow("the name 'gpt' belongs to a model that is alive");
    first.dispose();
    const third = new GPT(config, { name: 'gpt' });
    first.dispose(); // again, which must not touch the third
    expect(third.forward(TOKENS).shape).toEqual([1, 4, 10]);
    third.dispose();
    second.dispose();
  });

  it('drops entries in training only, the same for the same seed', () => {
    const model = new GPT({ ...config, dropout: 0.5 });
    const logits = (options: object) => model.forward(TOKENS, options).dataSync();
    const evaluated = logits({});
    expect(logits({ seed: 1 })).toEqual(evaluated);
    expect(logits({ training: true, seed: 1 })).not.toEqual(evaluated);
    expect(logits({ training: true, seed: 1 })).toEqual(logits({ training: true, seed: 1 }));
    expect(logits({ training: true, seed: 2 })).not.toEqual(logits({ training: true, seed: 1 }));
    expect(logits({ training: true })).not.toEqual(logits({ training: true }));
    model.dispose();
  });

  it('keeps the mean of what it drops', () => {
    const model = new GPT({ ...config, width: 512, dropout: 0.25 });
    const ones = model.parameters.get('embed.weight')!;
    ones.assign(tf.ones(ones.shape));
    tf.tidy(() => model.parameters.get('position.weight')!.assign(tf.zeros([6, 512])));
    const x = model.embed(TOKENS, { training: true, seed: 0 }).dataSync();
    const kept = x.filter((value) => value > 0).length / x.length;
    expect(kept).toBeGreaterThan(0.7);
    expect(kept).toBeLessThan(0.8);
    expectClose([Math.max(...x)], [1 / 0.75], 1e-6);
    model.dispose();
  });

  it('has heads that give probabilities', () => {
    const probabilities = (head: GPTConfig['head']) => {
      const model = new GPT({ ...config, head });
      const [logits, predicted] = [model.forward(TOKENS), model.predict(TOKENS)];
      model.dispose();
      return { logits, predicted };
    };
    const softmax = probabilities('softmax');
    expectClose(softmax.predicted, tf.softmax(softmax.logits), 1e-6);
    const stable = probabilities('stablemax');
    expectClose(stable.predicted, stablemax(stable.logits), 1e-6);
    const logStable = probabilities('logStablemax');
    expectClose(logStable.predicted, logStablemax(logStable.logits), 1e-6);
  });

  it('expands its head by one output, tied or not', () => {
    for (const tiedHead of [false, true]) {
      const model = new GPT({ ...config, tiedHead, expandHead: true });
      expect(model.forward(TOKENS).shape).toEqual([1, 4, 11]);
      model.dispose();
    }
  });

  it('holds the activations of one block at a time', () => {
    const alive = (layers: number) => {
      const model = new GPT({ ...config, layers });
      const before = tf.memory().numTensors;
      let most = 0;
      model.forward(TOKENS, {
        observe: () => {
          most = Math.max(most, tf.memory().numTensors - before);
        },
      });
      model.dispose();
      return most;
    };
    expect(alive(6)).toBe(alive(1) + 5); // one more tensor per block: what it returned
  });

  it('keeps less for the backward pass when it checkpoints', () => {
    const kept = (checkpointing: boolean) => {
      const model = new GPT({ ...config, layers: 6, checkpointing });
      const before = tf.memory().numBytes;
      let bytes = 0;
      tf.variableGrads(() => {
        const loss = tf.mean(tf.square(model.forward(TOKENS))) as tf.Scalar;
        bytes = tf.memory().numBytes - before;
        return loss;
      }, model.variables);
      model.dispose();
      return bytes;
    };
    expect(kept(true)).toBeLessThan(0.3 * kept(false));
  });

  it('shows activations by name', () => {
    const model = new GPT(config);
    const seen: Record<string, number[]> = {};
    model.forward(TOKENS, { observe: (name, x) => (seen[name] = x.shape) });
    expect(seen).toMatchObject({
      embed: [1, 4, 8],
      'blocks.0.attention.q': [1, 2, 4, 4],
      'blocks.0.attention.heads': [1, 2, 4, 4],
      'blocks.1.attention': [1, 4, 8],
      'blocks.1.mlp.hidden': [1, 4, 32],
      'blocks.1.mlp': [1, 4, 8],
      'blocks.1': [1, 4, 8],
      logits: [1, 4, 10],
    });
    model.dispose();
  });

  it('is differentiable in its embeddings', () => {
    const model = new GPT(config);
    const x = model.embed(TOKENS);
    expectClose(model.forwardEmbedded(x), model.forward(TOKENS), 1e-6);
    const gradient = tf.grad((x) => tf.sum(tf.square(model.forwardEmbedded(x))))(x);
    expect(gradient.shape).toEqual(x.shape);
    expect(rms(gradient)).toBeGreaterThan(0);
    model.dispose();
  });

  it('can be selected from by name', () => {
    const model = new GPT(config);
    const select = both(isMatrix, not(named(/embed|position/)));
    expect(model.variables.filter(select)).toHaveLength(2 * 4);
    expect(model.parameterCount).toBe(model.variables.reduce((sum, { size }) => sum + size, 0));
    model.dispose();
  });

  it.each<[string, Parameters<GPT['forward']>, string]>([
    ['too many tokens', [[[1, 2, 3, 4, 5, 6, 7]]], '7 tokens came, expected at most contextLength, 6'],
    ['none', [[[]]], 'expected int32 of shape [batch, time], not empty'],
    ['a token beyond the vocabulary', [[[10]]], 'ids contains 10, expected 0 to 9'],
    ['a seed', [TOKENS, { seed: -1 }], 'seed is -1'],
  ])('refuses %s', (_, args, message) => {
    const model = new GPT(config);
    expect(() => model.forward(...args)).toThrow(message);
    model.dispose();
  });

  it('refuses float tokens and unknown presets', () => {
    const model = new GPT(config);
    expect(() => model.forward(tf.tensor2d(TOKENS))).toThrow(
      'tokens are float32 of shape [1,4], expected int32',
    );
    expect(() => model.forwardEmbedded(tf.zeros([1, 4, 9]))).toThrow(
      'x has shape [1,4,9], expected [batch, time, 8]',
    );
    model.dispose();
    expect(() => new GPT('huge' as 'tiny')).toThrow("preset 'huge' is unknown, expected one of tiny");
  });
});
