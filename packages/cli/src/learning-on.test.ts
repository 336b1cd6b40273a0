import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, flags } from '../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-learning-on-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]) => join(root, ...names);
const checkpoint = (run: string, step: number) =>
  at(run, 'checkpoints', `step-${String(step).padStart(8, '0')}`);

const run = async (...args: string[]) => {
  const printed = await evenkeel(...args);
  expect(printed.errors).not.toContain('evenkeel:');
  expect(printed.code).toBe(0);
  return printed.out;
};
type Flags = Parameters<typeof flags>[0];

const learnOn = (name: string, values: Flags = {}) => [
  'train',
  ...flags({
    model: at('first'),
    text: at('text.txt'),
    steps: 4,
    'data.batchSize': 4,
    'checkpoint.every': 2,
    out: at(name),
    ...values,
  }),
];
/** Learns nothing. */
const STILL: Flags = { optimizer: 'sgd', 'optimizer.learningRate': 0 };
const weightsAt = (path: string) => readFileSync(join(path, 'weights.safetensors'));
const distance = async (a: string, b: string): Promise<number> =>
  JSON.parse(
    await run(
      ...['interpolate', a, b, '--alphas', '2', '--batches', '1'],
      ...['--out', at('path'), '--overwrite', '--json'],
    ),
  ).distance;

beforeAll(async () => {
  // The second text has fewer characters: with a vocabulary of its own they would have other ids.
  writeFileSync(at('first.txt'), 'to be or not to be, that is the question. '.repeat(40));
  writeFileSync(at('text.txt'), 'to be or not to be '.repeat(80));
  await run(
    ...['train', '--text', at('first.txt'), '--out', at('first'), '--steps', '4', '--checkpoint.every', '2'],
    ...['--model', 'llama', '--model.contextLength', '8', '--model.layers', '1', '--model.heads', '2'],
    ...['--model.width', '16', '--model.activation', 'relu', '--loss', 'stablemax'],
  );
});

describe('a run that learns on from a run', () => {
  it('begins with the weights of its newest checkpoint, its model and its tokens', async () => {
    await run(...learnOn('still', { ...STILL, loss: 'stablemax' }));
    expect(weightsAt(checkpoint('still', 4))).toEqual(weightsAt(checkpoint('first', 4)));
    const { config, model, tokenizer } = JSON.parse(readFileSync(at('still', 'run.json'), 'utf8'));
    const before = JSON.parse(readFileSync(at('first', 'run.json'), 'utf8'));
    expect(model).toEqual(before.model);
    expect(tokenizer).toEqual(before.tokenizer);
    expect(config.model.load).toBe(checkpoint('first', 4));
  });

  it('or with those of the checkpoint that is named', async () => {
    await run(...learnOn('past', { ...STILL, model: checkpoint('first', 2) }));
    expect(weightsAt(checkpoint('past', 4))).toEqual(weightsAt(checkpoint('first', 2)));
    expect(weightsAt(checkpoint('past', 4))).not.toEqual(weightsAt(checkpoint('first', 4)));
    const { errors } = await evenkeel(...learnOn('none', { model: checkpoint('first', 3) }));
    expect(errors).toContain("has no checkpoint 'step-00000003', expected one of");
  });

  it('takes small steps of AdamW, where a new model takes large ones of Muon, and flags change either', async () => {
    const optimizerOf = async (...args: string[]) => JSON.parse(await run(...args)).optimizer;
    const config = { 'print-config': true } as const;
    const small = { name: 'adamw', learningRate: 1e-4 };
    expect(await optimizerOf(...learnOn('config', config))).toMatchObject(small);
    expect(await optimizerOf(...learnOn('config', { ...config, model: 'llama' }))).toMatchObject({
      name: 'muon',
      learningRate: 0.02,
    });
    const faster = { ...config, 'optimizer.learningRate': 0.01 };
    expect(await optimizerOf(...learnOn('config', faster))).toMatchObject({
      name: 'adamw',
      learningRate: 0.01,
    });
  });

  it('does not unlearn what it knows: the loss never rises much above where it began', async () => {
    const same = { text: at('first.txt'), 'evaluate.batches': 1, 'evaluate.every': 1 };
    const fast = { optimizer: 'adamw', 'optimizer.learningRate': 0.01, 'evaluate.every': 40 };
    await run(...learnOn('learned', { ...same, ...fast, steps: 40 }));
    await run(...learnOn('goes-on', { ...same, model: at('learned') }));
    const losses = readFileSync(at('goes-on', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => JSON.parse(line).validationLoss ?? []);
    expect(losses).toHaveLength(4);
    expect(Math.max(...losses)).toBeLessThan(losses[0] + 0.05);
  }, 240_000);

  it('gives twins that write, and that are compared', async () => {
    for (const seed of [1, 2]) await run(...learnOn(`twin-${seed}`, { seed }));
    expect(await distance(at('twin-1'), at('twin-2'))).toBeGreaterThan(0);
    // The comma is none of the text's characters: it is of the first run's.
    expect(await run('generate', at('twin-1'), 'to be,', '--maxTokens', '4')).toMatch(/^to be,/);
    await run('certify', at('twin-1'));
  });

  it('goes on to the same weights, also once the first run is gone', async () => {
    const values = { 'model.dropout': 0.1, schedule: 'constant' } as const;
    await run(...learnOn('whole', { ...values, steps: 6 }));
    await run(...learnOn('parts', values));
    cpSync(at('first'), at('aside'), { recursive: true });
    rmSync(at('first'), { recursive: true });
    await run('resume', at('parts'), '--steps', '6');
    cpSync(at('aside'), at('first'), { recursive: true });
    expect(weightsAt(checkpoint('parts', 6))).toEqual(weightsAt(checkpoint('whole', 6)));
  });

  it('is the same from the config that it prints, however far the first run has gone', async () => {
    const config = at('config.json');
    await run(...learnOn('as-flags'));
    writeFileSync(config, await run(...learnOn('as-flags', { 'print-config': true })));
    await run('resume', at('first'), '--steps', '5');
    await run('train', config, '--out', at('as-file'));
    expect(weightsAt(checkpoint('as-file', 4))).toEqual(weightsAt(checkpoint('as-flags', 4)));
  });

  it('may be a plain network', async () => {
    const data = ['--data', 'modularArithmetic', '--data.modulus', '7'];
    const mlp = ['--model', 'mlp', '--model.hidden', '8', '--model.activation', 'tanh', '--expandHead'];
    await run('train', ...data, ...mlp, '--steps', '3', '--out', at('mlp'));
    await run('train', ...data, '--model', at('mlp'), '--steps', '3', '--out', at('mlp-2'));
    const { config } = JSON.parse(readFileSync(at('mlp-2', 'run.json'), 'utf8'));
    expect(config.model).toMatchObject({ kind: 'mlp', hidden: [8], activation: 'tanh' });
    expect(await distance(at('mlp'), at('mlp-2'))).toBeGreaterThan(0);
  });

  it('shares its batches among threads', async () => {
    await run(...learnOn('threads', { workers: 2 }));
    expect(existsSync(checkpoint('threads', 4))).toBe(true);
  });

  it.each<[Flags, string]>([
    [{ text: at('cyrillic.txt') }, 'not in the vocabulary'],
    [{ 'data.tokenizer': 'gpt2' }, "data.tokenizer is 'gpt2', expected 'characters'"],
    [{ 'model.layers': 2 }, "has no 'gpt/blocks.1."],
    [{ out: at('first'), overwrite: true }, 'a run in the folder of the new one'],
  ])('refuses what does not fit: %j', async (values, message) => {
    writeFileSync(at('cyrillic.txt'), 'ключ '.repeat(100));
    const { errors, code } = await evenkeel(...learnOn('unfit', values));
    expect(errors).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(at('unfit'))).toBe(false);
    expect(existsSync(at('first', 'run.json'))).toBe(true);
  });
});
