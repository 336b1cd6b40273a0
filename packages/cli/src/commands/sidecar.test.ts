import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpt2Tokenizer } from '@evenkeel/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-sidecar-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As nanoGPT writes them: 16 bits a token and nothing else. */
const nanoGpt = (name: string, tokens: readonly number[]) =>
  writeFileSync(at(name), Buffer.from(Uint16Array.from(tokens).buffer));

let tokens: number[];
beforeAll(async () => {
  const tokenizer = await gpt2Tokenizer();
  tokens = Array.from(tokenizer.encode('to be or not to be, that is the question. '.repeat(60)));
});

const train = (bin: string, out: string) =>
  evenkeel(
    ...['train', '--data', at(bin), '--out', at(out), '--model', 'gpt2', '--model.contextLength', '8'],
    ...['--model.layers', '1', '--model.heads', '2', '--model.width', '8', '--data.batchSize', '2'],
    ...['--steps', '2', '--backend', 'cpu', '--json'],
  );

describe('evenkeel sidecar', () => {
  it('is what a run on a file of nanoGPT is told to do, and then it trains', async () => {
    nanoGpt('train.bin', tokens);
    const refused = await train('train.bin', 'refused');
    expect(refused.code).toBe(1);
    const hint = /evenkeel (sidecar \S+ --tokenizer \S+)/.exec(refused.errors)?.[1].split(' ');
    expect(hint).toEqual(['sidecar', at('train.bin'), '--tokenizer', 'gpt2']);

    const { code, out, errors } = await evenkeel(...hint!);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(out).toContain(`train.bin: ${tokens.length.toLocaleString('en')} tokens of 50257 (gpt2), uint16`);
    expect(out).toContain(`evenkeel train --data ${at('train.bin')}`);

    const run = await train('train.bin', 'run');
    expect(run.errors).toBe('');
    expect(run.code).toBe(0);
  });

  it('takes several files, and says of each what it holds as JSON', async () => {
    nanoGpt('a.bin', tokens);
    nanoGpt('b.bin', tokens.slice(0, 100));
    const { out } = await evenkeel('sidecar', at('a.bin'), at('b.bin'), '--json');
    const sidecars = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(sidecars.map(({ count }) => count)).toEqual([tokens.length, 100]);
    const { seal, ...written } = JSON.parse(readFileSync(at('b.bin.json'), 'utf8'));
    expect(written).toEqual(sidecars[1]);
    expect(seal).toMatch(/^[0-9a-f]{64}$/);
  });

  it('writes nothing where a token is none of the tokenizer, and takes no characters', async () => {
    nanoGpt('wide.bin', [1, 2, 60_000]);
    const { code, errors } = await evenkeel('sidecar', at('wide.bin'));
    expect(code).toBe(1);
    expect(errors).toContain('holds the token 60000, expected 0 to 50256 as uint16');
    expect(existsSync(at('wide.bin.json'))).toBe(false);

    const characters = await evenkeel('sidecar', at('wide.bin'), '--tokenizer', 'characters');
    expect(characters.errors).toContain('Make tokens of the text with evenkeel tokenize.');
    expect((await evenkeel('sidecar', at('nowhere.bin'))).errors).toContain('nowhere.bin');
    expect((await evenkeel('sidecar', at('wide.bin'), '--dtype', 'uint8')).errors).toContain(
      'Allowed choices are uint16, uint32',
    );
  });
});
