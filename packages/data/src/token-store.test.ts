import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ByteSource,
  characterTokenizer,
  characterTokenizerOf,
  TokenDataset,
  tokenize,
  tokenStore,
} from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-store-'));
const before = process.env.TMPDIR;
beforeAll(async () => {
  await tf.setBackend('cpu');
  process.env.TMPDIR = folder;
});
afterAll(() => {
  process.env.TMPDIR = before;
  rmSync(folder, { recursive: true });
});

const tokenizer = characterTokenizer('abc ');
const text = 'abc cab '.repeat(1000);

describe('tokenStore', () => {
  it('keeps the tokens that tokenize gives, in memory or in a file that has no name', async () => {
    const { sidecar, bytes } = await tokenize(text, { tokenizer });
    for (const maxMemory of [undefined, 100, 0]) {
      const store = await tokenStore([new Blob([text])], { tokenizer, maxMemory, chunkLength: 64 });
      expect(store.sidecar).toEqual(sidecar);
      expect(store.bytes instanceof Uint8Array).toBe(maxMemory === undefined);
      expect(readdirSync(folder)).toEqual([]);
      const data = await TokenDataset.open(store, { contextLength: 8 });
      await data.verify();
      expect(await data.tokens(0, 8000)).toEqual(Int32Array.from(new Uint16Array(bytes.buffer)));
      tf.dispose(Object.values(data.batchSync()));
      await data.close();
    }
  });

  it('holds no more than a part of a text at once, so that it may be of any size', async () => {
    const block = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(6000)).subarray(
      0,
      2 ** 18,
    );
    const size = 2 ** 25;
    let longest = 0;
    const read = async (_: number, length: number) => {
      longest = Math.max(longest, length);
      return block.subarray(0, length);
    };
    const tokenizer = await characterTokenizerOf([{ size, read }]);
    expect(tokenizer.vocabSize).toBe(28);
    let encoded = 0;
    const encode = (text: string) => {
      encoded = Math.max(encoded, text.length);
      return tokenizer.encode(text);
    };
    const store = await tokenStore([{ size, read }], {
      tokenizer: { ...tokenizer, encode },
      maxMemory: 2 ** 20,
    });
    expect(store.sidecar.count).toBe(size);
    expect([longest, encoded]).toEqual([2 ** 18, 2 ** 18]);
    await (store.bytes as ByteSource).close?.();
  });

  it('leaves nothing when something goes wrong', async () => {
    await expect(tokenStore('abcX', { tokenizer, maxMemory: 0, chunkLength: 2 })).rejects.toThrow("is 'X'");
    expect(readdirSync(folder)).toEqual([]);
    process.env.TMPDIR = join(folder, 'none');
    await expect(tokenStore('abc', { tokenizer, maxMemory: 0 })).rejects.toThrow(
      `tokenStore: a temporary file in '${join(folder, 'none')}' cannot be written (ENOENT`,
    );
    process.env.TMPDIR = folder;
    await expect(tokenStore('abc', { tokenizer, out: 'x' } as never)).rejects.toThrow(
      "option 'out' is unknown",
    );
  });
});
