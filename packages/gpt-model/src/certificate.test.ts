import {
  describeGPT,
  empiricalLipschitz,
  type LipschitzCertificate,
  lipschitzCertificate,
  publishedLipschitzEstimate,
} from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { GPT, type GPTConfig } from './index.js';

const SIZE = {
  architecture: 'lipschitz',
  vocabSize: 7,
  contextLength: 5,
  layers: 2,
  heads: 2,
  width: 8,
} as const;

/** The values of a choice that has a fixed set of them: a missing or a new one is a type error here. */
const all = <Value extends string>(values: Record<Value, true>): Value[] => Object.keys(values) as Value[];

/**
 * Values of every choice of a GPT: all of a fixed set, extremes of a number. A choice that is added to GPTConfig is a type error
 * here and a failure below, until it is known to be in the proof or refused by `describeGPT`.
 */
const VALUES: { [Choice in keyof Required<GPTConfig>]: readonly GPTConfig[Choice][] } = {
  architecture: all({ gpt2: true, llama: true, lipschitz: true }),
  vocabSize: [2, 40],
  contextLength: [1, 24],
  layers: [1, 5],
  heads: [1, 4],
  width: [4, 24],
  kvHeads: [1, 2],
  headDim: [2, 10],
  attentionScale: [-3, 0, 0.01, 3, 40],
  slidingWindow: [undefined, 1, 3],
  slidingWindowFrom: [0, 1],
  qkvBias: [true, false],
  attentionOutBias: [true, false],
  fusedQkv: [true, false],
  valueScale: [-2, 0, 0.01, 30],
  scoreBias: [true, false],
  position: all({ learned: true, rotary: true, modulaRotary: true }),
  rotaryBase: [2, 1e6],
  rotaryFraction: [0.5, 1],
  rotaryScaling: [
    { type: 'linear', factor: 4 },
    {
      type: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 4,
    },
  ],
  norm: all({ layerNorm: true, rmsNorm: true, rmsNormPlusOne: true, tanh: true, none: true }),
  normEpsilon: [0, 1],
  normGain: [true, false],
  normBias: [true, false],
  finalNorm: [true, false],
  activation: all({ gelu: true, geluTanh: true, modulaGelu: true, silu: true, relu: true, maxMin: true }),
  gatedMlp: [true, false],
  mlpWidth: [2, 40],
  mlpBias: [true, false],
  fusedGate: [true, false],
  experts: [0, 3],
  activeExperts: [1, 3],
  residual: all({ plain: true, convex: true }),
  residualScale: [0.01, 4],
  residualWeight: [undefined, 0.01, 1],
  embeddingScale: [-2, 0.01, 30],
  tiedHead: [true, false],
  headBias: [true, false],
  finalScale: [-2, 0.01, 30],
  head: all({ softmax: true, stablemax: true, logStablemax: true }),
  expandHead: [true, false],
  dropout: [0, 0.9],
  checkpointing: [true, false],
  zeroInit: [true, false],
};

/** What a choice cannot be made without. */
const WITH: Partial<Record<keyof GPTConfig, Partial<GPTConfig>>> = {
  fusedGate: { gatedMlp: true },
  slidingWindowFrom: { slidingWindow: 1 },
};

const CASES = Object.entries(VALUES).flatMap(([choice, values]) =>
  values.map((value) => ({ choice: choice as keyof GPTConfig, value })),
);

/** A model with weights that are not those it starts with: large positions and biases among them. */
function modelWith(choices: Partial<GPTConfig>, seed = 3): GPT {
  const model = new GPT({ ...SIZE, ...choices }, { seed });
  for (const [name, parameter] of model.parameters) {
    if (!/position|ias$/.test(name)) continue;
    tf.tidy(() => parameter.assign(tf.randomNormal(parameter.shape, 0, 3, 'float32', seed)));
  }
  return model;
}

/** Looks for whatever is beyond a certificate: in the size of inputs and activations, and in the gain. */
function attack(model: GPT, { lipschitz, inputRms, layers }: LipschitzCertificate): string[] {
  const found: string[] = [];
  const ROUNDING = 1 + 1e-4; // the certificate is about real arithmetic
  const exceeds = (what: string, value: number, bound: number) => {
    if (!(value <= bound * ROUNDING)) found.push(`${what}: found ${value}, proven ${bound}`);
  };
  const { vocabSize, contextLength, layers: blocks } = model.config;
  const largestRms = (x: tf.Tensor) =>
    tf.tidy(() => tf.sqrt(tf.max(tf.mean(tf.square(x), -1))).dataSync()[0]);
  tf.tidy(() => {
    // Every token at every position, and mixed texts.
    const texts = Array.from({ length: 2 * vocabSize }, (_, i) =>
      Array.from({ length: contextLength }, (_, t) =>
        i < vocabSize ? i : (i * (t + 1) + t * t) % vocabSize,
      ),
    );
    const embedded = model.embed(texts);
    const boundOf = (name: string) => layers.find((layer) => layer.name === name)?.outputRms ?? Number.NaN;
    const sizes: Record<string, number> = {
      embed: inputRms,
      logits: boundOf('head'),
      ...Object.fromEntries(
        Array.from({ length: blocks }, (_, i) => [`blocks.${i}`, boundOf(`blocks.${i}.mlp`)]),
      ),
    };
    model.forwardEmbedded(embedded, {
      observe: (name, value) => {
        if (name in sizes) exceeds(`the RMS of ${name}`, largestRms(value), sizes[name]);
      },
    });
    const forward = (x: tf.Tensor) => model.forwardEmbedded(x as tf.Tensor3D);
    const some = tf.slice(embedded, [Math.max(0, vocabSize - 3)], [Math.min(6, vocabSize)]);
    const random = tf.mul(tf.randomNormal(some.shape, 0, 1, 'float32', 1), inputRms);
    const gain = empiricalLipschitz(forward, tf.concat([some, random]), { inputRms, steps: 6 });
    exceeds('the gain', gain, lipschitz);
  });
  return found;
}

describeOnBackends('the certificate of a GPT', () => {
  it('knows every choice that a config has', () => {
    const model = modelWith({});
    expect(Object.keys(VALUES)).toEqual(expect.arrayContaining(Object.keys(model.config)));
    model.dispose();
  });

  it.each(CASES)('is above all that is found, or refused: $choice $value', ({ choice, value }) => {
    const model = modelWith({ ...WITH[choice], [choice]: value } as Partial<GPTConfig>);
    let certificate: LipschitzCertificate | undefined;
    try {
      certificate = lipschitzCertificate(model);
    } catch (error) {
      expect((error as Error).message).toMatch(/^lipschitzCertificate: the model has \S/);
    }
    // What is refused differs from a model that is not.
    if (certificate) expect(attack(model, certificate)).toEqual([]);
    else if (!WITH[choice]) expect(value).not.toEqual(modelDefault(choice));
    model.dispose();
  });

  const modelDefault = (choice: keyof GPTConfig) => {
    const model = new GPT(SIZE);
    const value = model.config[choice];
    model.dispose();
    return value;
  };

  it.each([
    { finalScale: 4, valueScale: 0.667, residualWeight: 0.4, scoreBias: true, headBias: true },
    { valueScale: 1, attentionScale: 0, residualWeight: 0.7, scoreBias: true, activation: 'maxMin' as const },
    {
      position: 'learned' as const,
      attentionScale: 0.02,
      tiedHead: true,
      expandHead: true,
      embeddingScale: 5,
    },
    { attentionScale: 1, residualScale: 2, activation: 'gelu' as const },
  ])('is near what is found where choices meet: %o', (choices) => {
    const model = modelWith(choices);
    const certificate = lipschitzCertificate(model);
    expect(attack(model, certificate)).toEqual([]);
    const shrunk = { ...certificate, lipschitz: certificate.lipschitz / 300 };
    expect(attack(model, shrunk).join()).toContain('the gain');
    expect(publishedLipschitzEstimate(describeGPT(model)).lipschitz).toBeGreaterThan(0);
    model.dispose();
  });

  it('would be broken by the attack if it left out a choice', () => {
    const choices = {
      position: 'learned',
      embeddingScale: 3,
      valueScale: 20,
      residualWeight: 0.9,
      finalScale: 500,
      headBias: true,
      activation: 'gelu',
    } as const;
    const model = modelWith(choices);
    const honest = describeGPT(model);
    expect(attack(model, lipschitzCertificate(honest))).toEqual([]);
    const { data, shape } = honest.embedding as { data: Float64Array; shape: number[] };
    const without = {
      positions: { ...honest, positions: undefined },
      headBias: { ...honest, finalScale: 500e-6, headBias: undefined },
      embeddingScale: { ...honest, positions: undefined, embedding: { shape, data: data.map((x) => x / 3) } },
      valueScale: { ...honest, valueScale: 1 / 3 },
      residualWeight: { ...honest, residualWeight: 0.01 },
      finalScale: { ...honest, finalScale: 1 },
    };
    for (const [choice, description] of Object.entries(without)) {
      expect(attack(model, lipschitzCertificate(description)), choice).not.toEqual([]);
    }
    model.dispose();
  });

  it('names what it refuses', () => {
    const cases: [Partial<GPTConfig>, string][] = [
      [{ architecture: 'gpt2' }, 'the model has'],
      [{ norm: 'layerNorm' }, 'the model has norm "layerNorm", expected norm "none"'],
      [{ finalNorm: true }, 'the model has finalNorm true'],
      [{ residual: 'plain' }, 'the model has residual "plain", expected residual "convex"'],
      [{ kvHeads: 1 }, 'the model has kvHeads 1'],
      [{ mlpBias: true }, 'the model has mlpBias true'],
      [{ experts: 2 }, 'the model has experts 2'],
    ];
    for (const [choices, message] of cases) {
      const model = modelWith(choices);
      expect(() => lipschitzCertificate(model)).toThrow(message);
      model.dispose();
    }
  });

  it('refuses choices and weights that it does not know', () => {
    const model = modelWith({});
    const { config, parameters } = model;
    expect(() =>
      lipschitzCertificate({ config: { ...config, attentionSink: 'learned' }, parameters }),
    ).toThrow(
      `the model has the choice 'attentionSink', "learned", expected only choices that the proof knows`,
    );
    const scaling = { type: 'yarn', factor: 2 };
    expect(() => lipschitzCertificate({ config: { ...config, rotaryScaling: scaling }, parameters })).toThrow(
      'the model has rotaryScaling {"type":"yarn","factor":2}',
    );
    const more = new Map([...parameters, ['blocks.0.gate.weight', tf.zeros([8, 8])]]);
    expect(() => lipschitzCertificate({ config, parameters: more })).toThrow(
      "the model has the weight 'blocks.0.gate.weight'",
    );
    const fewer = new Map([...parameters].filter(([name]) => name !== 'blocks.0.attention.k.weight'));
    expect(() => lipschitzCertificate({ config, parameters: fewer })).toThrow(
      "the model has no weight 'blocks.0.attention.k.weight'",
    );
    model.dispose();
  });
});
