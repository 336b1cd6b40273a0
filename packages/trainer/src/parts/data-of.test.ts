import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@evenkeel/loop';
import { describeOnBackends } from '@evenkeel/testing';
import { dispose } from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { dataOf, parseRunConfig } from '../config/index.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-data-'));
afterAll(() => rmSync(root, { recursive: true }));

const model = { architecture: 'gpt2', contextLength: 8, layers: 1, heads: 1, width: 8 } as const;
const open = (data: object) => dataOf(parseRunConfig({ model, data }));
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const text = 'to be, or not to be. '.repeat(20);

describeOnBackends('the data of a config', () => {
  it('are a text in UTF-8 or UTF-16, whose mark is no part of it', async () => {
    for (const content of [text, `\ufeff${text}`, Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      const data = await open({ kind: 'text', file: file('text.txt', content) });
      expect(data.outputs).toBe(new Set(text).size);
      expect(data.tokenizer!.decode(data.tokenizer!.encode(text))).toBe(text);
      await data.close();
    }
  });

  it('are no text in another encoding, and none that is no text', async () => {
    const latin1 = file('latin1.txt', Buffer.from('caf\xe9 na\xefve '.repeat(200), 'latin1'));
    await expect(open({ kind: 'text', file: latin1 })).rejects.toThrow(/latin1\.txt' is not in UTF-8.*iconv/);
    const archive = file('text.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]));
    await expect(open({ kind: 'text', file: archive })).rejects.toThrow('gzip');
    await expect(open({ kind: 'text', file: root })).rejects.toThrow('is a folder');
  });

  it('are instructions in JSON or JSON lines, also with inputs that are null, in characters of their own', async () => {
    const records = [
      { instruction: 'Name a colour.', input: null, output: 'Red.' },
      { instruction: 'Name a fruit.', input: '', output: 'Plum.' },
    ];
    const lines = records.map((record) => JSON.stringify(record)).join('\n');
    const firsts: number[][] = [];
    for (const [name, content] of [
      ['a.json', JSON.stringify(records, null, 1)],
      ['a.jsonl', lines],
      ['misnamed.json', `\ufeff${lines}\n`],
    ]) {
      const given = {
        kind: 'instructions',
        file: file(name, content),
        tokenizer: 'characters',
        contextLength: 300,
      };
      const data = await open({ ...given, order: 'sequential', batchSize: 1 });
      const { inputs, targets } = await (data.train as { batch(): Promise<Batch> | Batch }).batch();
      firsts.push(Array.from((targets as { dataSync(): Int32Array }).dataSync()));
      dispose([inputs, targets] as never);
      await data.close();
    }
    expect(firsts[0].some((target) => target >= 0)).toBe(true);
    expect(firsts[1]).toEqual(firsts[0]);
    expect(firsts[2]).toEqual(firsts[0]);
  });

  it('are no tokens without a sidecar: the error says how to make one', async () => {
    const bin = file('train.bin', Buffer.alloc(64));
    await expect(open({ kind: 'tokens', file: bin })).rejects.toThrow(/no sidecar.*addSidecar/);
  });

  it('take a tokenizer.json with the configuration beside it', async () => {
    const vocab = { a: 0, b: 1, '<e>': 2, '</s>': 3 };
    const added = ['<e>', '</s>'].map((content) => ({
      ...{ id: vocab[content as '<e>'], content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    }));
    const tokenizer = file(
      'tokenizer.json',
      JSON.stringify({ added_tokens: added, model: { type: 'BPE', vocab, merges: [] } }),
    );
    file('tokenizer_config.json', JSON.stringify({ eos_token: '<e>' }));
    const data = await open({ kind: 'text', text: 'abab'.repeat(60), tokenizer });
    expect(data.tokenizer!.endOfText).toBe(2);
    await data.close();
    await expect(open({ kind: 'text', text: 'ab', tokenizer: 'gtp2' })).rejects.toThrow(
      "the tokenizer is 'gtp2', expected 'characters', 'gpt2', a tokenizer.json or a folder with one that is there",
    );
  });
});
