import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GPT } from '@evenkeel/gpt-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, flags } from '../../test/evenkeel.js';
import { placeOf } from './interpolate.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-interpolate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);

type Flags = Parameters<typeof flags>[0];

const SMALL: Flags = {
  model: 'llama',
  'model.contextLength': 8,
  'model.layers': 1,
  'model.heads': 2,
  'model.width': 16,
};
const train = async (name: string, values: Flags) => {
  const all = { steps: 2, out: at(name), overwrite: true, ...values } as const;
  const { code, errors } = await evenkeel('train', ...flags(all));
  expect(errors).not.toContain('evenkeel:');
  expect(code).toBe(0);
};
const trainText = (name: string, values: Flags = {}) =>
  train(name, { text: at('text.txt'), ...SMALL, ...values });
const trainMlp = (name: string, values: Flags = {}) =>
  train(name, { data: 'modularArithmetic', 'data.modulus': 7, model: 'mlp', ...values });
const interpolate = (a: string, b: string, ...args: string[]) =>
  evenkeel(
    ...['interpolate', at(a), at(b), '--alphas', '2', '--batches', '1', '--out', at('path'), '--overwrite'],
    ...args,
  );

beforeAll(async () => {
  writeFileSync(at('text.txt'), 'to be or not to be, that is the question. '.repeat(40));
  await trainText('a');
});

describe('models', () => {
  it.each<[Flags, string]>([
    [{ 'model.activation': 'relu' }, 'activation is silu and relu'],
    [{ 'model.heads': 4 }, 'heads is 2 and 4'],
    [{ 'model.contextLength': 16 }, 'contextLength is 8 and 16'],
    [{ model: 'gpt2' }, 'architecture is llama and gpt2'],
  ])('that are other functions are refused: %j', async (values, message) => {
    await trainText('other', values);
    const { errors, code } = await interpolate('a', 'other');
    expect(errors).toContain(message);
    expect(code).toBe(1);
  });

  it('may differ in how they were trained', async () => {
    await trainText('trained', { 'model.dropout': 0.1, seed: 7, 'model.checkpointing': true });
    expect(await interpolate('a', 'trained')).toMatchObject({ code: 0 });
  });

  it('that are plain networks are compared by their functions, too', async () => {
    await trainMlp('relu');
    await trainMlp('tanh', { 'model.activation': 'tanh' });
    expect((await interpolate('relu', 'tanh')).errors).toContain('activation is relu and tanh');
    expect((await interpolate('relu', 'a')).errors).toContain('architecture is mlp and llama');
  });
});

describe('losses', () => {
  it('that differ must be named, and then decide for both, whichever comes first', async () => {
    await trainText('stable', { loss: 'stablemax', 'loss.epsilon': 1e-9 });
    for (const [a, b] of [
      ['a', 'stable'],
      ['stable', 'a'],
    ]) {
      const { errors, code } = await interpolate(a, b);
      expect(errors).toContain('learned by different losses');
      expect(errors).toContain('stablemax {"epsilon":1e-9}');
      expect(code).toBe(1);
    }
    const judged = async (a: string, b: string, loss: string) =>
      JSON.parse((await interpolate(a, b, '--loss', loss, '--json')).out).values.train.loss;
    const [there, back] = [
      await judged('a', 'stable', 'stablemax'),
      await judged('stable', 'a', 'stablemax'),
    ];
    expect(there).toEqual(back.reverse());
    expect(await judged('a', 'stable', 'softmax')).not.toEqual(there);
  });
});

describe('data', () => {
  it('are those of whichever model has some', async () => {
    const folder = at('folder');
    const vocabSize = new Set(readFileSync(at('text.txt'), 'utf8')).size;
    const size = { contextLength: 8, layers: 1, heads: 2, width: 16 };
    const model = new GPT({ architecture: 'llama', vocabSize, ...size });
    await model.saveSafetensors(folder);
    model.dispose();
    const first = JSON.parse((await interpolate('folder', 'a', '--json')).out);
    const second = JSON.parse((await interpolate('a', 'folder', '--json')).out);
    expect(first.values.validation.loss).toEqual(second.values.validation.loss.reverse());
    expect((await interpolate('folder', 'folder')).errors).toContain('--data FILE');
    expect(await interpolate('folder', 'folder', '--data', at('text.txt'))).toMatchObject({ code: 0 });
  });

  it('must be the same also where a flag changes something else about them', async () => {
    writeFileSync(at('anagram.txt'), 'that is the question, to be or not to be. '.repeat(40));
    await trainText('anagram', { text: at('anagram.txt') });
    const { errors } = await interpolate('a', 'anagram', '--data.batchSize', '4');
    expect(errors).toContain('learned from different data (data.file');
  });

  it('are cut as the model knows them', async () => {
    const { errors } = await interpolate('a', 'a', '--data', at('text.txt'), '--data.tokenizer', 'gpt2');
    expect(errors).toContain('has tokens of its own');
  });

  it('come in rows as long as one says', async () => {
    const losses = async (...args: string[]) =>
      JSON.parse((await interpolate('a', 'a', '--json', ...args)).out).values.train.loss;
    expect(await losses('--data.contextLength', '4')).not.toEqual(await losses());
  });
});

describe('--out', () => {
  const into = (out: string, ...args: string[]) =>
    evenkeel('interpolate', at('a'), at('a'), '--alphas', '2', '--batches', '1', '--out', at(out), ...args);

  it('is named after both models', () => {
    expect(placeOf('runs/a', './b/')).toBe('runs/a-and-b');
    expect(placeOf('runs/a/checkpoints/step-00000500', 'runs/a')).toBe('runs/a-step-00000500-and-a');
  });

  it('is replaced only if that is wanted', async () => {
    expect(await into('once')).toMatchObject({ code: 0 });
    const again = await into('once');
    expect(again.errors).toContain('holds a path already');
    expect(again.code).toBe(1);
    expect(await into('once', '--overwrite')).toMatchObject({ code: 0 });
  });

  it('is no run, no file, and nothing else', async () => {
    const before = readdirSync(at('a'));
    expect((await into('a', '--overwrite')).errors).toContain('holds a run');
    expect(readdirSync(at('a'))).toEqual(before);
    mkdirSync(at('mine'));
    writeFileSync(join(at('mine'), 'precious.txt'), '');
    expect((await into('mine', '--overwrite')).errors).toContain('holds something else');
    expect((await into('text.txt')).errors).toContain('is a file or lies in one, expected a folder');
    for (const command of [
      ['train', '--text', at('text.txt'), '--out', at('text.txt')],
      ['sweep', '--text', at('text.txt'), '--over', 'seed=1,2', '--out', at('text.txt')],
    ])
      expect((await evenkeel(...command)).errors).toContain('is a file or lies in one, expected a folder');
  });
});

describe('flags', () => {
  it.each([['--steps'], ['--model.layers'], ['--seed'], ['--no-orthograd']])(
    'without effect are refused: %s',
    async (flag) => {
      const { errors, code } = await interpolate(
        'a',
        'a',
        ...(flag.startsWith('--no') ? [flag] : [flag, '5']),
      );
      expect(errors).toContain(`${flag} has no effect here`);
      expect(code).toBe(1);
    },
  );

  it('of certify are those of its data', async () => {
    expect((await evenkeel('certify', at('a'), '--loss', 'softmax')).errors).toContain('no effect here');
    expect((await evenkeel('certify', '--help')).out).toContain('--data <value>');
  });

  it('that judge are in its help', async () => {
    const { out } = await evenkeel('interpolate', '--help');
    expect(out).toContain('--data <value>');
    expect(out).toContain('--loss <value>');
    expect(out).not.toContain('--data.batchSize <');
  });
});
