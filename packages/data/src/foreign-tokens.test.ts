import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSidecar, gpt2Tokenizer, TokenDataset, type Tokenizer } from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-foreign-'));
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(folder, { recursive: true }));
const gpt2 = await gpt2Tokenizer();
const llama3 = { ...gpt2, name: 'llama3', vocabSize: 128_256 } as Tokenizer;
const tokens = [50256, 1, 2, 3, 4, 5, 6, 7, 8];

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}
const header = (magic: number, count: number) => {
  const numbers = new Int32Array(256);
  numbers.set([magic, 1, count]);
  return Buffer.from(numbers.buffer);
};
const uint16 = Buffer.from(Uint16Array.from(tokens).buffer);
const uint32 = Buffer.from(Uint32Array.from([128_000, ...tokens]).buffer);

describe('a .bin of another program', () => {
  it('of nanoGPT is refused with the way to make a sidecar, and read with it', async () => {
    const bin = write('nano.bin', uint16);
    await expect(TokenDataset.open(bin, { contextLength: 4 })).rejects.toThrow(
      `TokenDataset.open: '${bin}' has no sidecar '${bin}.json', expected the one that tokenize writes beside it. ` +
        `If it is a file of nanoGPT or llm.c, make the sidecar with the tokenizer that made it, by await addSidecar('${bin}', { tokenizer: await gpt2Tokenizer() })`,
    );
    const sidecar = await addSidecar(bin, { tokenizer: gpt2 });
    expect(JSON.parse(readFileSync(`${bin}.json`, 'utf8'))).toMatchObject(sidecar);
    const data = await TokenDataset.open(bin, { contextLength: 4 });
    await data.verify();
    expect([...(await data.tokens(0, 9))]).toEqual(tokens);
    expect(data.sidecar).toEqual(sidecar);
    await data.close();
  });

  it.each([
    ['GPT-2', 20240520, 'uint16', uint16, gpt2, tokens],
    ['Llama 3', 20240801, 'uint32', uint32, llama3, [128_000, ...tokens]],
  ] as const)(
    'of llm.c for %s is known by its header',
    async (_, magic, dtype, bytes, tokenizer, expected) => {
      const bin = write(`llmc-${dtype}.bin`, Buffer.concat([header(magic, expected.length), bytes]));
      await expect(TokenDataset.open(bin, { contextLength: 4 })).rejects.toThrow(
        `It has the header of llm.c (${dtype}, ${expected.length} tokens): make the sidecar with the tokenizer that made it, by await addSidecar(`,
      );
      expect(await addSidecar(bin, { tokenizer })).toMatchObject({
        dtype,
        count: expected.length,
        offset: 1024,
      });
      const data = await TokenDataset.open(bin, { contextLength: 4, order: 'sequential', batchSize: 1 });
      await data.verify();
      const { inputs, targets } = data.batchSync();
      expect([...inputs.dataSync()]).toEqual(expected.slice(0, 4));
      inputs.dispose();
      targets.dispose();
      expect([...(await data.tokens(0, expected.length))]).toEqual(expected);
      await data.close();
    },
  );

  it('that does not fit is refused', async () => {
    const cut = write('cut.bin', Buffer.concat([header(20240520, 10), uint16]));
    await expect(addSidecar(cut, { tokenizer: gpt2 })).rejects.toThrow(
      'has 9 tokens of uint16, expected 10.',
    );
    const odd = write('odd.bin', uint16.subarray(1));
    await expect(addSidecar(odd, { tokenizer: gpt2 })).rejects.toThrow('expected a whole number.');
    const wide = write('wide.bin', uint32);
    await expect(addSidecar(wide, { tokenizer: gpt2 })).rejects.toThrow(
      `addSidecar: '${wide}' holds the token 62464, expected 0 to 50256 as uint16.`,
    );
    await expect(addSidecar(wide, { tokenizer: gpt2, dtype: 'uint8' as never })).rejects.toThrow(
      "dtype is 'uint8'",
    );
    const wrong = { tokenizer: 'gpt2', vocabSize: 50257, dtype: 'uint16', count: 9, sha256: 'a'.repeat(64) };
    const open = (offset: unknown) =>
      TokenDataset.open({ bytes: uint16, sidecar: { ...wrong, offset } }, { contextLength: 4 });
    await expect(open(-1)).rejects.toThrow('offset is -1');
    await expect(open(1024)).rejects.toThrow('names 9 tokens of uint16, 1042 bytes, but the .bin has 18');
  });
});
