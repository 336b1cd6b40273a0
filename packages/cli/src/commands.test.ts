import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';
import { publishedFolder } from '../test/published.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-cli-'));
const text = join(root, 'text.txt');
const bin = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url));
beforeAll(() => writeFileSync(text, 'to be or not to be, that is the question. '.repeat(100).trim()));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const configOf = async (...args: string[]) => {
  const { code, out, errors } = await evenkeel('train', '--print-config', ...args);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
};

const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('flags', () => {
  it('are the fields of a config', async () => {
    const config = await configOf(
      '--data',
      'modularArithmetic',
      '--optimizer.learningRate',
      '3e-4',
      '--orthograd',
      '--steps',
      '7',
    );
    expect(config).toMatchObject({
      optimizer: { name: 'adamw', learningRate: 3e-4 },
      orthograd: true,
      steps: 7,
    });
  });

  it('change a preset, also to another variety, in any order', async () => {
    const config = await configOf(
      '--preset',
      'grokking',
      '--optimizer.momentum',
      '0.8',
      '--optimizer',
      'muon',
      '--no-orthograd',
    );
    expect(config.optimizer).toMatchObject({ name: 'muon', momentum: 0.8, learningRate: 0.02 });
    expect(config.orthograd).toBe(false);
    expect(config.data.modulus).toBe(113);
  });

  it('take lists, nested fields and choices of the model', async () => {
    const config = await configOf(
      ...['--preset', 'grokking', '--model.hidden', '32,16', '--orthograd.skip', 'head,embed'],
      ...['--constraint', 'softCap', '--constraint.maxNorm', '1.5', '--guard.action', 'rollback'],
    );
    expect(config.model.hidden).toEqual([32, 16]);
    expect(config.orthograd.skip).toEqual(['head', 'embed']);
    expect(config.constraint).toMatchObject({ name: 'softCap', maxNorm: 1.5 });
    expect(config.guard.action).toBe('rollback');
    const gpt = await configOf(
      '--text',
      text,
      '--model',
      'lipschitz',
      '--model.scoreBias',
      '--model.layers',
      '2',
    );
    expect(gpt.model).toMatchObject({ architecture: 'lipschitz', scoreBias: true, layers: 2 });
  });

  it('know files of data by their ends', async () => {
    expect((await configOf('--data', 'a.bin')).data).toMatchObject({
      kind: 'tokens',
      file: resolve('a.bin'),
    });
    expect((await configOf('--data', 'a.json')).data).toMatchObject({
      kind: 'instructions',
      file: resolve('a.json'),
    });
    expect((await configOf('--data', 'a.txt')).data).toMatchObject({ kind: 'text', file: resolve('a.txt') });
  });

  it.each([
    [['--preset', 'groking'], "--preset is 'groking', did you mean grokking?"],
    [
      ['--preset', 'grokking', '--learningRate', '1'],
      '--learningRate is unknown, did you mean --optimizer.learningRate?',
    ],
    [['--preset', 'grokking', '--optimiser', 'muon'], '--optimiser is unknown, did you mean --optimizer?'],
    [
      ['--preset', 'grokking', '--optimizer', 'adam'],
      'optimizer is "adam", expected one of adamw, grokadamw, muon, sgd',
    ],
    [['--preset', 'grokking', '--steps', 'many'], 'steps is "many", expected number'],
    [['--preset', 'grokking', '--loss', 'softmax', '--loss', 'stablemax'], '--loss came twice'],
    [['--preset', 'grokking', '--__proto__.polluted', '1'], '--__proto__.polluted is unknown'],
    [['--preset', 'grokking', 'config.json'], 'expected one of them'],
    [['--text', 'nowhere.txt'], "--text is 'nowhere.txt', which is not there"],
    [['nowhere.yaml'], "the config file 'nowhere.yaml' is not there"],
    [[], 'there are no data'],
    [['--preset', 'grokking', '--backend', 'gpu'], "--backend: 'gpu' is no backend, expected one of"],
  ])('that are wrong say what was expected: %j', async (args, message) => {
    const out = join(root, 'never');
    const { code, errors } = await evenkeel('train', ...args, '--out', out);
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
    expect(existsSync(join(out, 'run.json'))).toBe(false);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('config files', () => {
  const files = {
    'config.json': '{ "data": { "kind": "modularArithmetic" }, "steps": 3 }',
    'config.yaml': 'data:\n  kind: modularArithmetic\nsteps: 3\n',
    'config.ts': "export default { data: { kind: 'modularArithmetic' as const }, steps: 1 + 2 };",
  };

  it.each(Object.entries(files))('may be %s', async (name, content) => {
    writeFileSync(join(root, name), content);
    expect(await configOf(join(root, name), '--seed', '4')).toMatchObject({ steps: 3, seed: 4 });
  });

  it('take what flags take: names of models and files of data', async () => {
    writeFileSync(join(root, 'short.yaml'), `data: ${text}\nmodel: mini\n`);
    expect(
      await configOf(join(root, 'short.yaml'), '--data.batchSize', '3', '--model.dropout', '0.1'),
    ).toMatchObject({
      data: { kind: 'text', file: text, batchSize: 3 },
      model: { kind: 'preset', preset: 'mini', dropout: 0.1 },
    });
  });

  it.each([
    ['model: lama', "model is 'lama', did you mean llama? Expected one of tiny"],
    ['extends: base.yaml', 'extends is unknown'],
    [
      'model: { architecture: gpt2, contextLength: 8, layers: 1, heads: 1, widht: 8 }',
      'did you mean model.width?',
    ],
  ])('name the mistake: %s', async (line, message) => {
    writeFileSync(join(root, 'mistaken.yaml'), `data: modularArithmetic\n${line}\n`);
    const { errors, code } = await evenkeel(
      'train',
      join(root, 'mistaken.yaml'),
      '--out',
      join(root, 'never'),
    );
    expect(errors).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(join(root, 'never'))).toBe(false);
  });

  it('that are wrong are refused by name', async () => {
    writeFileSync(
      join(root, 'wrong.json'),
      '{ "data": { "kind": "modularArithmetic" }, "losss": "softmax" }',
    );
    writeFileSync(join(root, 'broken.json'), '{ "data": ');
    expect((await evenkeel('train', join(root, 'wrong.json'))).errors).toContain(
      'losss is unknown, did you mean loss?',
    );
    expect((await evenkeel('train', join(root, 'broken.json'))).errors).toContain('broken.json');
  });
});

describe('a run', () => {
  const run = join(root, 'run');
  const small = [
    '--model',
    'lipschitz',
    '--model.layers',
    '1',
    '--model.heads',
    '2',
    '--model.width',
    '16',
    '--model.contextLength',
    '16',
  ];
  const trained = [
    'train',
    '--text',
    text,
    '--out',
    run,
    '--steps',
    '30',
    '--checkpoint.every',
    '10',
    '--evaluate.every',
    '10',
    ...small,
  ];

  it('leaves checkpoints, metrics, events and a report, and is not overwritten', async () => {
    const { code, out } = await evenkeel(...trained, '--measure.certifyEvery', '10');
    expect(code).toBe(0);
    expect(out).toContain(`evenkeel generate ${run}`);
    for (const file of ['run.json', 'metrics.jsonl', 'report.html', 'checkpoints/latest'])
      expect(existsSync(join(run, file))).toBe(true);
    expect(readFileSync(join(run, 'metrics.jsonl'), 'utf8')).toContain('log10Lipschitz');
    const again = await evenkeel(...trained);
    expect(again).toMatchObject({ code: 1 });
    expect(again.errors).toContain(`evenkeel resume ${run}`);
    const other = join(root, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'precious.txt'), 'mine');
    const refused = await evenkeel(...trained, '--out', other, '--overwrite');
    expect(refused.errors).toContain('--overwrite does not delete');
    expect(readFileSync(join(other, 'precious.txt'), 'utf8')).toBe('mine');
  });

  it('writes text, the same for the same seed', async () => {
    const write = async () =>
      JSON.parse(
        (await evenkeel('generate', run, 'to be', '--max-tokens', '20', '--seed', '3', '--json')).out,
      );
    const [first, second] = [await write(), await write()];
    expect(first).toEqual(second);
    expect([...first.text]).toHaveLength(20);
    const wrapped = await evenkeel(
      ...['generate', run, 'to be', '--max-tokens', '2', '--seed', '4294967295', '--samples', '2', '--json'],
    );
    expect(lines(wrapped.out).map(({ seed }) => seed)).toEqual([4294967295, 0]);
    for (const input of ['to be', 'to be\n']) {
      const args = [bin, 'generate', run, '--max-tokens', '20', '--seed', '3', '--json'];
      for (const dash of [[], ['-']]) {
        const piped = execFileSync(process.execPath, [...args, ...dash], { input, encoding: 'utf8' });
        expect(JSON.parse(piped)).toEqual(first);
      }
    }
    const unknown = await evenkeel('generate', run, '€');
    expect(unknown.errors).toContain('not in the vocabulary');
  });

  it('is certified: bound, published estimate, and no amplification above the bound', async () => {
    const { out } = await evenkeel('certify', run, '--json');
    const { lipschitz, log10Published, found, medianRadius, matrices } = JSON.parse(out);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(lipschitz);
    expect(log10Published).toBeLessThan(Math.log10(lipschitz));
    expect(medianRadius).toBeGreaterThan(0);
    expect(matrices).toHaveLength(8);
    expect((await evenkeel('certify', run)).out).toContain('Lipschitz constant at most');
  });

  it('is interpolated with its own past, on the same batches', async () => {
    const out = join(root, 'path');
    const past = join(run, 'checkpoints', 'step-00000010');
    const { code, out: printed } = await evenkeel(
      'interpolate',
      run,
      past,
      '--alphas',
      '5',
      '--batches',
      '3',
      '--out',
      out,
      '--json',
    );
    expect(code).toBe(0);
    const path = JSON.parse(printed);
    expect(path.alphas).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(path.values.validation.loss[4]).toBeLessThan(path.values.validation.loss[0]);
    expect(path.barriers.train.error).toBeLessThan(0.5);
    expect(readFileSync(join(out, 'path.svg'), 'utf8')).toContain('<svg');
    expect(JSON.parse(readFileSync(join(out, 'path.json'), 'utf8')).barriers).toEqual(path.barriers);
  });

  it('is judged by other texts in its own tokens, and not by a text that has changed', async () => {
    const [other, out] = [join(root, 'other.txt'), join(root, 'judged')];
    const judge = (...args: string[]) =>
      evenkeel(
        ...['interpolate', run, run, '--alphas', '2', '--batches', '1'],
        ...['--out', out, '--overwrite', '--json', ...args],
      );
    // Fewer characters than the model knows: with a vocabulary of its own they would have other ids.
    writeFileSync(other, 'to be or not to be '.repeat(200));
    const { values } = JSON.parse((await judge('--data', other)).out);
    const { values: own } = JSON.parse((await judge()).out);
    expect(values.train.loss[0]).toBeLessThan(own.train.loss[0] + 1);
    writeFileSync(other, 'ключ '.repeat(1000));
    expect((await judge('--data', other)).errors).toContain('not in the vocabulary');
    const before = readFileSync(text);
    writeFileSync(text, `${before}more`);
    for (const { code, errors } of [await judge(), await evenkeel('certify', run)]) {
      expect(code).toBe(1);
      expect(errors).toContain('has changed');
    }
    writeFileSync(text, before);
  });

  it('goes further than planned, and is shown beside another', async () => {
    expect(await evenkeel('resume', run, '--steps', '40')).toMatchObject({
      code: 0,
      errors: expect.any(String),
      out: expect.stringContaining('done at step 40'),
    });
    const back = await evenkeel('resume', run, '--steps', '20');
    expect(back.errors).toContain('--steps is 20 and');
    expect(back.errors).toContain('is at step 40 already');
    expect(back.code).toBe(1);
    const page = join(root, 'both.html');
    expect(await evenkeel('report', run, join(run, 'metrics.jsonl'), '--out', page)).toMatchObject({
      code: 0,
    });
    expect(readFileSync(page, 'utf8')).toContain('<svg');
  });

  it('does not go on with another text', async () => {
    const before = readFileSync(text, 'utf8');
    writeFileSync(text, `${before}!`);
    expect((await evenkeel('resume', run, '--steps', '50')).errors).toContain('has changed since');
    writeFileSync(text, before);
  });

  it('that is none is named', async () => {
    for (const command of ['resume', 'generate', 'certify', 'report']) {
      const { code, errors } = await evenkeel(command, join(root, 'nowhere'));
      expect(code).toBe(1);
      expect(errors).toContain('nowhere');
    }
  });
});

describe('twins', () => {
  const train = (name: string, ...args: string[]) =>
    evenkeel(
      ...[
        'train',
        '--data',
        'modularArithmetic',
        '--data.modulus',
        '7',
        '--model',
        'mlp',
        '--model.hidden',
        '8',
      ],
      ...['--steps', '3', '--out', join(root, name), ...args],
    );
  const interpolate = (a: string, b: string, ...args: string[]) =>
    evenkeel(
      'interpolate',
      join(root, a),
      join(root, b),
      '--alphas',
      '3',
      '--out',
      join(root, 'between'),
      '--overwrite',
      ...args,
    );

  it('are compared where they share their training pairs', async () => {
    await train('split-1', '--seed', '1');
    await train('split-2', '--seed', '2');
    await train('twin', '--seed', '2', '--data.splitSeed', '1');
    const { errors, code } = await interpolate('split-1', 'split-2');
    expect(errors).toContain('different data (data.splitSeed is 1 and 2)');
    expect(code).toBe(1);
    expect(await interpolate('split-1', 'twin')).toMatchObject({ code: 0 });
    expect(await interpolate('split-1', 'split-2', '--data.splitSeed', '3')).toMatchObject({ code: 0 });
    const unfit = await interpolate('split-1', 'twin', '--data.modulus', '5');
    expect(unfit.errors).toContain(
      'the data have 10 numbers and 5 classes, expected the 14 and 7 of the model',
    );
  });
});

describe('fine-tuned twins', () => {
  it('start from one model, learn in two orders, and are compared', async () => {
    const folder = await publishedFolder(join(root, 'pretrained'));
    for (const seed of ['1', '2']) {
      const out = join(root, `tuned-${seed}`);
      const { code } = await evenkeel(
        ...['train', '--model', folder, '--text', text, '--steps', '5', '--seed', seed, '--out', out],
      );
      expect(code).toBe(0);
    }
    const { out: printed } = await evenkeel(
      ...['interpolate', join(root, 'tuned-1'), join(root, 'tuned-2'), '--alphas', '3', '--batches', '2'],
      ...['--out', join(root, 'tuned-path'), '--json'],
    );
    const { distance, barriers } = JSON.parse(printed);
    expect(distance).toBeGreaterThan(0);
    expect(barriers.validation.loss).toBeLessThan(0.05);
  });
});

describe('tokens', () => {
  it('are made of texts and learned from', async () => {
    const bin = join(root, 'text.bin');
    const { out } = await evenkeel('tokenize', text, '--tokenizer', 'characters', '--out', bin, '--json');
    expect(JSON.parse(out)).toMatchObject({ tokenizer: 'character', count: 4199 });
    const run = join(root, 'tokens');
    const trained = await evenkeel(
      'train',
      '--data',
      bin,
      '--out',
      run,
      '--steps',
      '2',
      '--model.layers',
      '1',
      '--json',
    );
    expect(
      trained.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ).toContain('end');
    expect((await evenkeel('generate', run, 'be', '--max-tokens', '4')).out).toMatch(/^be/);
    expect((await evenkeel('tokenize', 'nowhere.txt', '--out', bin)).errors).toContain('nowhere.txt');
  });
});

describe('help', () => {
  it('teaches by example', async () => {
    for (const command of [
      'train',
      'resume',
      'sweep',
      'generate',
      'chat',
      'evaluate',
      'tokenize',
      'certify',
      'interpolate',
      'export',
      'report',
      'doctor',
    ]) {
      expect((await evenkeel(command, '--help')).out).toMatch(
        new RegExp(`Examples:\\n  \\$ evenkeel ${command}`),
      );
    }
    expect((await evenkeel('train', '--help-config')).out).toMatch(
      /--optimizer\.learningRate .*adamw: 0\.001/,
    );
    expect(JSON.parse((await evenkeel('train', '--print-schema')).out)).toMatchObject({ type: 'object' });
    expect((await evenkeel('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
    expect((await evenkeel('trian')).errors).toContain('Did you mean train?');
  });

  it('looks at the machine', async () => {
    const { code, out } = await evenkeel('doctor', '--json');
    const findings = Object.fromEntries(
      out
        .trim()
        .split('\n')
        .map((line) => [JSON.parse(line).name, JSON.parse(line).ok]),
    );
    expect(findings).toMatchObject({ Node: true, 'backend cpu': true, 'backend wasm': true, kernels: true });
    expect(code).toBe(0);
    await tf.setBackend('wasm');
  });
});
