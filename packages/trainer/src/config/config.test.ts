import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  characterTokenizer,
  labelTensor,
  modularArithmetic,
  oneHotInputs,
  TokenDataset,
  tokenize,
  trainTestSplit,
} from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { grokAdamW, lossGapSignal } from '@evenkeel/grokadamw';
import { muon, spectralCap, spectralSoftCap } from '@evenkeel/lipschitz';
import { MemoryCheckpoints, type MetricRecord, train } from '@evenkeel/loop';
import {
  adamW,
  both,
  chain,
  clipByGlobalNorm,
  isMatrix,
  masked,
  named,
  not,
  partition,
  TransformOptimizer,
  warmupCosine,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends } from '@evenkeel/testing';
import type * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { grokkingMeasure } from '../parts/measures.js';
import {
  buildRun,
  lossOf,
  Mlp,
  optimizerOf,
  parseRunConfig,
  type RunConfigInput,
  runConfigFields,
  runConfigJsonSchema,
  trainFromConfig,
} from './index.js';

const text = Array.from({ length: 400 }, (_, i) => 'to be or not '[(i * i + 3 * i) % 13]).join('');
const tiny = { contextLength: 8, layers: 1, heads: 2, width: 8 } as const;
const textData = { kind: 'text', text, batchSize: 2 } as const;

/** What a config gives: the losses and all weights. */
async function configured(config: RunConfigInput) {
  const { history, model } = await trainFromConfig(config);
  const weights = model.variables.map((variable) => Array.from(variable.dataSync()));
  model.dispose();
  return { losses: history.map(({ loss }) => loss), weights, history };
}

describeOnBackends('a run config', () => {
  it('gives what one would write by hand, bit for bit: ⊥Grad, StableMax, AdamW, caps', async () => {
    const came = await configured({
      model: { architecture: 'lipschitz', ...tiny },
      data: textData,
      loss: 'stablemax',
      optimizer: { name: 'adamw', learningRate: 0.01, beta2: 0.99, weightDecay: 0.1 },
      orthograd: { skip: ['head'] },
      clip: { globalNorm: 1 },
      schedule: { name: 'cosine', warmupSteps: 2, floor: 0.1 },
      constraint: { name: 'spectralCap', maxNorm: 0.9, perHead: true },
      steps: 6,
      gradientAccumulation: 2,
      logEvery: 1,
      seed: 5,
    });

    const file = await tokenize(text, { tokenizer: characterTokenizer(text) });
    const dataset = await TokenDataset.open(file, { contextLength: 8, batchSize: 2, seed: 5 });
    const data = dataset.split({ validationFraction: 0.1 });
    const { vocabSize } = dataset.sidecar;
    const model = new GPT({ architecture: 'lipschitz', vocabSize, ...tiny, head: 'stablemax' }, { seed: 5 });
    const schedule = warmupCosine({ peak: 0.01, warmupSteps: 2, totalSteps: 6, floor: 0.001 });
    const capped = both(isMatrix, not(named('embed')));
    const heads = named(/attention\.[qkv]\.weight$/);
    const optimizer = new TransformOptimizer(
      chain(
        clipByGlobalNorm(1),
        masked(orthograd(), both(isMatrix, not(named(/head/)))),
        adamW({ learningRate: schedule, beta2: 0.99, weightDecay: 0.1 }),
      ),
      [
        masked(spectralCap({ maxNorm: 0.9, heads: 2 }), both(capped, heads)),
        masked(spectralCap({ maxNorm: 0.9 }), both(capped, not(heads))),
      ],
    );
    const { history } = await train({
      model,
      loss: (targets: tf.Tensor, logits: tf.Tensor) => sparseStablemaxCrossEntropy(targets, logits),
      optimizer,
      data: data.train,
      steps: 6,
      gradientAccumulation: 2,
      logEvery: 1,
      seed: 5,
    });
    expect(came.losses).toEqual(history.map(({ loss }) => loss));
    expect(came.weights).toEqual(model.variables.map((variable) => Array.from(variable.dataSync())));
    expect(came.history.at(-1)).toMatchObject({
      validationLoss: expect.any(Number),
      validationAccuracy: expect.any(Number),
    });
    expect(came.history[0]).toMatchObject({
      stablemaxCollapse: 0,
      largestActivation: expect.any(Number),
      learningRate: 0,
    });
    model.dispose();
    optimizer.dispose();
  });

  it('gives what one would write by hand, bit for bit: Muon and soft caps', async () => {
    const came = await configured({
      model: { architecture: 'gpt2', ...tiny, dropout: 0.1 },
      data: { ...textData, validationFraction: 0 },
      optimizer: { name: 'muon', learningRate: 0.05, adam: { learningRate: 0.002 } },
      constraint: { name: 'softCap', maxNorm: 2 },
      steps: 4,
      logEvery: 1,
    });
    const file = await tokenize(text, { tokenizer: characterTokenizer(text) });
    const data = await TokenDataset.open(file, { contextLength: 8, batchSize: 2, seed: 0 });
    const { vocabSize } = data.sidecar;
    const model = new GPT({ architecture: 'gpt2', vocabSize, ...tiny, dropout: 0.1 });
    const hidden = both(isMatrix, not(named(/embed|position/)));
    const optimizer = new TransformOptimizer(
      partition({ muon: muon({ learningRate: 0.05 }), adam: adamW({ learningRate: 0.002 }) }, (param) =>
        hidden(param) ? 'muon' : 'adam',
      ),
      masked(spectralSoftCap({ maxNorm: 2 }), hidden),
    );
    const loss = (targets: tf.Tensor, logits: tf.Tensor) => sparseSoftmaxCrossEntropy(targets, logits);
    const { history } = await train({ model, loss, optimizer, data, steps: 4, logEvery: 1 });
    expect(came.losses).toEqual(history.map(({ loss }) => loss));
    const rates = { learningRate: 0.05, 'learningRate/muon': 0.05, 'learningRate/adam': 0.002 };
    expect(came.history[0]).toMatchObject(rates);
    model.dispose();
    optimizer.dispose();
  });

  it('gives what one would write by hand, bit for bit: GrokAdamW with its signal on modular arithmetic', async () => {
    const came = await configured({
      model: { architecture: 'mlp', hidden: [16] },
      data: { kind: 'modularArithmetic', modulus: 7, trainFraction: 0.5 },
      loss: 'logStablemax',
      optimizer: { name: 'grokadamw', learningRate: 0.02, weightDecay: 0 },
      steps: 8,
      evaluate: { every: 2 },
      logEvery: 2,
      seed: 3,
    });
    const split = trainTestSplit(modularArithmetic({ modulus: 7 }), { trainFraction: 0.5, seed: 3 });
    const batchOf = (part: typeof split.train) => ({
      inputs: oneHotInputs(part),
      targets: labelTensor(part),
    });
    const latest: { train: number | null; validation: number | null } = { train: null, validation: null };
    const signal = lossGapSignal(
      () => latest.train,
      () => latest.validation,
    );
    const transform = grokAdamW({ learningRate: 0.02, weightDecay: 0, grokkingSignals: [signal] });
    const model = new Mlp({ widths: [14, 16, 7], activation: 'relu', bias: false, seed: 3 });
    const optimizer = new TransformOptimizer(transform);
    const { history } = await train({
      model,
      loss: (targets: tf.Tensor, logits: tf.Tensor) => sparseStablemaxCrossEntropy(targets, logits),
      optimizer,
      data: [batchOf(split.train)],
      evaluate: { data: [batchOf(split.test)], every: 2 },
      callbacks: [
        {
          onMetrics({ loss, validationLoss }) {
            latest.train = loss ?? latest.train;
            latest.validation = validationLoss ?? latest.validation;
          },
        },
      ],
      steps: 8,
      logEvery: 2,
      seed: 3,
    });
    expect(came.losses).toEqual(history.map(({ loss }) => loss));
    expect(came.history.at(-1)).toMatchObject({ alpha: transform.alpha, signal: transform.signal });
    expect(transform.signal).not.toBeNull();
    model.dispose();
    optimizer.dispose();
  });

  it.each<[string, RunConfigInput]>([
    [
      'GrokAdamW, examples in shuffled batches',
      {
        model: { architecture: 'mlp', hidden: [8], bias: true, activation: 'gelu' },
        data: { kind: 'sparseParity', bits: 6, parityBits: 2, examples: 40, batchSize: 7 },
        optimizer: { name: 'grokadamw', weightDecay: 0.1 },
        grokfast: {},
        steps: 10,
      },
    ],
    [
      'a transformer with dropout',
      {
        model: { architecture: 'llama', ...tiny, dropout: 0.2 },
        data: { kind: 'modularArithmetic', modulus: 5, batchSize: 3 },
        loss: { name: 'stablemax', clampMin: -10, epsilon: 1e-9 },
        optimizer: { name: 'sgd', momentum: 0.9 },
        constraint: 'hammer',
        expandHead: true,
        steps: 10,
      },
    ],
  ])('goes on bit for bit: %s', async (_name, config) => {
    const full = { ...config, logEvery: 1, evaluate: { every: 3 }, measure: { every: 2 } };
    const whole = await trainFromConfig(full);
    whole.model.dispose();
    const store = new MemoryCheckpoints();
    const halves: MetricRecord[] = [];
    for (const steps of [6, 10]) {
      const config = parseRunConfig(full);
      const parts = await buildRun(config);
      const { history } = await train({
        model: parts.model as { variables: tf.Variable[] },
        loss: lossOf(config),
        optimizer: parts.optimizer,
        data: parts.data.train,
        evaluate: { data: parts.data.validation!, every: 3 },
        callbacks: [grokkingMeasure(parts.optimizer)],
        checkpoint: { store },
        resume: true,
        logEvery: 1,
        steps,
      });
      halves.push(...history);
      parts.model.dispose();
      parts.optimizer.dispose();
      await parts.data.close();
    }
    const losses = (records: readonly MetricRecord[]) => records.map(({ loss }) => loss);
    expect(losses(halves)).toEqual(losses(whole.history));
    store.dispose();
  });

  it('emulates fewer bits in the forward pass, and leaves the kernels as they were', async () => {
    const config: RunConfigInput = {
      model: { architecture: 'gpt2', ...tiny },
      data: textData,
      steps: 3,
      logEvery: 1,
    };
    const exact = await configured(config);
    const bf16 = await configured({ ...config, precision: 'bf16' });
    const e5m2 = await configured({ ...config, precision: 'e5m2' });
    const distance = (losses: number[]) => Math.abs(losses[0] - exact.losses[0]);
    expect(distance(bf16.losses)).toBeGreaterThan(0);
    expect(distance(bf16.losses)).toBeLessThan(0.02);
    expect(distance(e5m2.losses)).toBeGreaterThan(distance(bf16.losses));
    expect((await configured(config)).losses).toEqual(exact.losses);
  });

  it('measures spectral norms and the certificate when asked', async () => {
    const { history } = await configured({
      model: { architecture: 'lipschitz', ...tiny },
      data: textData,
      constraint: { name: 'normalize', maxNorm: 1 },
      measure: { certifyEvery: 2 },
      steps: 2,
      logEvery: 1,
    });
    expect(history[1].log10Lipschitz).toBeGreaterThan(0);
    expect(history[1]['spectralNorm/gpt/blocks.0.mlp.up.weight']).toBeGreaterThan(0);
  });

  it('trains on instructions with no loss on prompts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-instructions-'));
    const file = `${folder}/instructions.json`;
    writeFileSync(
      file,
      JSON.stringify([
        { instruction: 'Say a', output: 'a' },
        { instruction: 'Say b', output: 'b' },
      ]),
    );
    const { losses } = await configured({
      model: { architecture: 'gpt2', ...tiny, contextLength: 64 },
      data: { kind: 'instructions', file, batchSize: 1 },
      steps: 1,
    });
    expect(losses[0]).toBeGreaterThan(9);
    expect(losses[0]).toBeLessThan(13); // log(50257) = 10.8
    rmSync(folder, { recursive: true });
  });
});

describe('the schema', () => {
  const data = { kind: 'modularArithmetic' };

  it('fills in defaults, and takes names for objects', () => {
    const config = parseRunConfig({ data, optimizer: 'muon', loss: 'stablemax', constraint: 'hammer' });
    expect(config).toMatchObject({
      model: { kind: 'preset', preset: 'tiny' },
      data: { modulus: 113, operation: 'add', trainFraction: 0.4, batchSize: 'all' },
      optimizer: { name: 'muon', learningRate: 0.02, adam: { learningRate: 1e-3, weightDecay: 0.01 } },
      loss: { name: 'stablemax' },
      constraint: { name: 'hammer', maxNorm: 1 },
      schedule: { name: 'constant' },
      orthograd: false,
      guard: { action: 'stop' },
      steps: 1000,
      seed: 0,
    });
    expect(parseRunConfig(config)).toEqual(config);
  });

  it.each([
    [{}, 'data'],
    [{ data, stepps: 5 }, 'stepps'],
    [{ data, loss: ['stablemax', 'logStablemax'] }, 'loss'],
    [{ data, loss: 'hinge' }, 'loss'],
    [{ data, optimizer: { name: 'adamw', learningrate: 1 } }, 'learningrate'],
    [{ data, optimizer: { name: 'adamw', beta2: 1 } }, 'optimizer'],
    [{ data, constraint: { name: 'spectralCap', maxNorm: 0 } }, 'constraint'],
    [{ data: { kind: 'modularArithmetic', modulus: 1 } }, 'modulus'],
    [{ data, steps: 0 }, 'steps'],
    [{ data, seed: 2 ** 32 }, 'seed'],
    [null, 'expected object'],
  ])('refuses %o', (config, place) => {
    expect(() => parseRunConfig(config)).toThrow(/^run config: it does not fit/);
    expect(() => parseRunConfig(config)).toThrow(place);
  });

  it('says so when patterns, presets and files are wrong', async () => {
    const patterns = parseRunConfig({ data, orthograd: { skip: ['('] } });
    expect(() => optimizerOf(patterns)).toThrow("run config: '(' is no pattern");
    const run = (config: object) => trainFromConfig({ data, steps: 1, ...config } as RunConfigInput);
    await expect(run({ model: { preset: 'huge' } })).rejects.toThrow(
      'model.preset is "huge", expected one of',
    );
    const missing = { data: { kind: 'text', file: '/nowhere.txt' } };
    await expect(run(missing)).rejects.toThrow("'/nowhere.txt' cannot be opened");
    const both = { data: { kind: 'text' } };
    await expect(run(both)).rejects.toThrow('data.text and data.file are both there or both missing');
    await expect(
      run({ model: { architecture: 'mlp' }, data: { kind: 'text', text, contextLength: 4 } }),
    ).rejects.toThrow("run config: model 'mlp' came with data of tokens");
  });

  it.each([
    ['tiny', { kind: 'preset', preset: 'tiny' }],
    ['mlp', { kind: 'mlp', hidden: [200, 200], activation: 'relu', bias: false }],
    ['llama', { kind: 'gpt', architecture: 'llama', contextLength: 64, layers: 4, heads: 4, width: 128 }],
    ['runs/first', { kind: 'load', load: 'runs/first' }],
    ['openai-community/gpt2', { kind: 'load', load: 'openai-community/gpt2' }],
    [
      { architecture: 'mlp', hidden: [4] },
      { kind: 'mlp', hidden: [4] },
    ],
    [{ hidden: [4] }, { kind: 'mlp', hidden: [4] }],
    [
      { architecture: 'gpt2', ...tiny, dropout: 0.1 },
      { kind: 'gpt', architecture: 'gpt2', ...tiny, dropout: 0.1 },
    ],
    [
      { preset: 'mini', width: 8 },
      { kind: 'preset', preset: 'mini', width: 8 },
    ],
    [
      { kind: 'preset', layers: 2 },
      { kind: 'preset', preset: 'tiny', layers: 2 },
    ],
    [
      { load: 'x', dropout: 0.1 },
      { kind: 'load', load: 'x', dropout: 0.1 },
    ],
    [undefined, { kind: 'preset', preset: 'tiny' }],
  ])('takes models by names and by what they name: %j', (model, whole) => {
    const parsed = parseRunConfig({ data, model });
    expect(parsed.model).toMatchObject(whole);
    expect(parseRunConfig(parsed).model).toEqual(parsed.model);
  });

  it.each([
    ['modularArithmetic', { kind: 'modularArithmetic', modulus: 113 }],
    ['words.txt', { kind: 'text', file: 'words.txt' }],
    ['words', { kind: 'text', file: 'words' }],
    ['a/tokens.bin', { kind: 'tokens', file: 'a/tokens.bin' }],
    ['alpaca.json', { kind: 'instructions', file: 'alpaca.json' }],
    ['alpaca.jsonl', { kind: 'instructions', file: 'alpaca.jsonl' }],
  ])('takes data by kinds and files, as flags do: %s', (data, whole) => {
    expect(parseRunConfig({ data }).data).toMatchObject(whole);
  });

  it.each<[unknown, string, string[]]>([
    [{ architecture: 'gpt2', ...tiny, widht: 8 }, 'model.widht is unknown, did you mean model.width?', []],
    [
      { architecture: 'gpt2', layers: 1, heads: 2, width: 8 },
      'model.contextLength is missing, expected number',
      [],
    ],
    [
      { architecture: 'llama', contextLength: 8, width: 8 },
      'model.layers is missing',
      ['model.heads is missing'],
    ],
    [
      { architecture: 'gpt3', ...tiny },
      'model.architecture is "gpt3", expected one of gpt2, llama, lipschitz',
      [],
    ],
    [
      { architecture: 'gpt2', ...tiny, norm: 'layer' },
      'model.norm is "layer", expected one of layerNorm',
      [],
    ],
    [{ preset: 'tiny', dropuot: 0.1 }, 'model.dropuot is unknown, did you mean model.dropout?', []],
    [{ load: 'x', tiedHed: true }, 'model.tiedHed is unknown, did you mean model.tiedHead?', []],
    [{ architecture: 'mlp', hiden: [4] }, 'model.hiden is unknown, did you mean model.hidden?', []],
    [{ kind: 'mpl' }, 'model.kind is "mpl", did you mean mlp? Expected one of mlp, gpt, preset, load', []],
    [{ width: 8 }, 'model.kind is missing, expected one of mlp, gpt, preset, load', []],
    [
      { architecture: 'gpt2', ...tiny, rotaryScaling: { type: 'linear' } },
      'model.rotaryScaling.factor is missing',
      [],
    ],
    [3, 'model is 3, expected object', []],
  ])('names the mistake in a model: %j', (model, message, others) => {
    let said = '';
    try {
      parseRunConfig({ data, model });
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    for (const other of others) expect(said).toContain(other);
    expect(said.split('\n')).toHaveLength(2 + others.length);
  });

  it.each([
    [{ kind: 'txt', file: 'a' }, 'data.kind is "txt", did you mean text? Expected one of tokens, text'],
    [{ file: 'a' }, 'data.kind is missing, expected one of tokens, text'],
    [{ kind: 'text', fiel: 'a' }, 'data.fiel is unknown, did you mean data.file?'],
  ])('names the mistake in data: %j', (data, message) => {
    expect(() => parseRunConfig({ data })).toThrow(message);
  });

  it('explains every field, and says what it is where nothing is written', () => {
    for (const { path, description, defaults, isNeeded } of runConfigFields().values()) {
      expect(description ?? '', path).toMatch(/\w{2}.*\.$/);
      const saysDefault = defaults.size > 0 || isNeeded || /default: |must be given/i.test(description!);
      expect(saysDefault, `${path}: ${description}`).toBe(true);
    }
  });

  it('is there as JSON Schema', () => {
    const schema = runConfigJsonSchema() as { properties: Record<string, object>; required: string[] };
    expect(schema.required).toEqual(['data']);
    expect(Object.keys(schema.properties)).toContain('constraint');
    expect(JSON.stringify(schema)).toContain('"spectralCap"');
  });
});
