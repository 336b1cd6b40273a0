import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ByteSource,
  characterTokenizer,
  TokenDataset,
  type TokenDatasetOptions,
  type Tokenizer,
  tokenize,
} from '@evenkeel/data';
import { describeOnBackends, recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { TokenFile } from './token-file.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-dataset-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A token file of 0, 1, 2 … count − 1. */
const counting = (count: number, vocabSize = count) => {
  const tokenizer: Tokenizer = {
    name: 'counting',
    vocabSize,
    encode: () => Int32Array.from({ length: count }, (_, i) => i),
    decode: () => '',
  };
  return tokenize('numbers', { tokenizer });
};
const file = await counting(1000);
const wide = await counting(1000, 100_000);
const path = join(folder, 'numbers.bin');
writeFileSync(path, file.bytes);
writeFileSync(`${path}.json`, JSON.stringify(file.sidecar));

const open = (
  options: Partial<TokenDatasetOptions> = {},
  from: Parameters<typeof TokenDataset.open>[0] = file,
) => TokenDataset.open(from, { contextLength: 8, batchSize: 3, ...options });

/** A batch as arrays; its tensors are gone. */
function take({ inputs, targets }: { inputs: tf.Tensor2D; targets: tf.Tensor2D }) {
  const arrays = { inputs: inputs.arraySync(), targets: targets.arraySync() };
  tf.dispose([inputs, targets]);
  return arrays;
}
const firsts = (batch: { inputs: tf.Tensor2D; targets: tf.Tensor2D }) =>
  take(batch).inputs.map(([first]) => first);

describeOnBackends('TokenDataset', () => {
  it('gives int32 rows and the tokens after them', async () => {
    const data = await open();
    const batch = await data.batch();
    expect([batch.inputs.shape, batch.inputs.dtype, batch.targets.shape, batch.targets.dtype]).toEqual([
      [3, 8],
      'int32',
      [3, 8],
      'int32',
    ]);
    const { inputs, targets } = take(batch);
    for (let row = 0; row < 3; row++) {
      expect(inputs[row]).toEqual(Array.from({ length: 8 }, (_, i) => inputs[row][0] + i));
      expect(targets[row]).toEqual(inputs[row].map((token) => token + 1));
    }
  });

  it('gives the same batches from a file, a URL, a map, buffers, Blobs and a source of one’s own', async () => {
    const own: ByteSource = {
      size: file.bytes.length,
      read: async (offset, length) => file.bytes.slice(offset, offset + length),
    };
    const { bytes, sidecar } = file;
    const sources: [Parameters<typeof TokenDataset.open>[0], Partial<TokenDatasetOptions>?][] = [
      [path],
      [pathToFileURL(path)],
      [path, { memoryMap: true }],
      [{ bytes: bytes.slice().buffer, sidecar: JSON.stringify(sidecar) }],
      [{ bytes: new Blob([bytes as BlobPart]), sidecar: new Blob([JSON.stringify(sidecar)]) }],
      [{ bytes: own, sidecar }],
      [wide],
    ];
    const reference = await open();
    const expected = [take(await reference.batch()), take(await reference.batch())];
    for (const [from, options] of sources) {
      const data = await open(options, from);
      expect([take(await data.batch()), take(await data.batch())]).toEqual(expected);
      await data.verify();
      await data.close();
    }
  });

  it('gives the same batches with and without waiting', async () => {
    for (const options of [{}, { memoryMap: true }]) {
      const [one, other] = [await open(options, path), await open(options, path)];
      for (let i = 0; i < 3; i++) expect(take(one.batchSync())).toEqual(take(await other.batch()));
      expect(take(await one.batch())).toEqual(take(other.batchSync()));
      expect(take(await one.batch())).toEqual(take(other.batchSync()));
      await one.close();
      await other.close();
    }
    const blob = await open({}, { bytes: new Blob([file.bytes as BlobPart]), sidecar: file.sidecar });
    expect(() => blob.batchSync()).toThrow('TokenDataset.batchSync: these bytes can only be waited for');
  });

  it('takes random rows from everywhere, each place equally often', async () => {
    const data = await open({ contextLength: 990, batchSize: 500 }); // starts 0 … 9
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 8; i++) for (const start of firsts(await data.batch())) counts[start]++;
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(5 * Math.sqrt(4000 * 0.1 * 0.9));
  });

  it('repeats itself for the same seed and for no other', async () => {
    const rows = async (seed?: number) => firsts(await (await open({ batchSize: 8, seed })).batch());
    expect(await rows(7)).toEqual(await rows(7));
    expect(await rows(7)).not.toEqual(await rows(8));
    expect(await rows()).toEqual(await rows(0));
    // The same numbers come out of MT19937 and xoroshiro128+ written down in Python.
    expect(await rows(1)).toEqual([467, 921, 223, 659, 458, 212, 162, 975]);
  });

  it('reads on in order and starts again at the end', async () => {
    const data = await open({ order: 'sequential', contextLength: 333, batchSize: 2 }); // 3 rows: 0, 333, 666
    expect(firsts(await data.batch())).toEqual([0, 333]);
    expect(firsts(await data.batch())).toEqual([666, 0]);
    expect(firsts(data.batchSync())).toEqual([333, 666]);
    expect(firsts(await data.batch())).toEqual([0, 333]);
  });

  it('passes over everything once, and leaves batch where it was', async () => {
    const data = await open({ contextLength: 99, batchSize: 4 }); // 10 rows
    const expected = take(await (await open({ contextLength: 99, batchSize: 4 })).batch());
    const rows: number[][] = [];
    for await (const batch of data.pass()) rows.push(firsts(batch));
    expect(rows).toEqual([
      [0, 99, 198, 297],
      [396, 495, 594, 693],
      [792, 891],
    ]);
    expect(data.batchesPerPass).toBe(3);
    expect(take(await data.batch())).toEqual(expected);
  });

  it('resumes bit for bit at any batch, through JSON, sync or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('random' as const, 'sequential' as const),
        fc.nat(5),
        fc.nat(5),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        async (order, before, after, seed) => {
          const options = { order, seed, contextLength: 30 };
          const [one, other] = [await open(options), await open(options)];
          for (let i = 0; i < before; i++) take(i % 2 ? one.batchSync() : await one.batch());
          const state = JSON.parse(JSON.stringify(one.state()));
          const expected = [take(await one.batch()), take(await one.batch())];
          for (let i = 0; i < after; i++) take(await other.batch());
          other.restore(state);
          expect(other.state()).toEqual(state);
          expect([take(other.batchSync()), take(await other.batch())]).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('goes on with the same rows in batches of another size', async () => {
    for (const order of ['random', 'sequential'] as const) {
      const rows: number[][] = [];
      const all = await open({ order, batchSize: 1 });
      for (let i = 0; i < 15; i++) rows.push(...take(all.batchSync()).inputs);
      const [two, five] = [await open({ order, batchSize: 2 }), await open({ order, batchSize: 5 })];
      for (let i = 0; i < 5; i++) take(two.batchSync());
      five.restore(two.state());
      expect(take(five.batchSync()).inputs).toEqual(rows.slice(10));
    }
  });

  it('refuses a state that belongs elsewhere or is damaged, and stays where it was', async () => {
    const data = await open();
    const state = data.state();
    const expected = data.state();
    for (const [change, message] of [
      [{ sha256: 'x' }, 'TokenDataset.restore: the data are not those with which the state was saved. Use'],
      [
        { sha256: 'x', order: 'sequential', end: 1 },
        "the data are not those with which the state was saved; end is 1, expected 1000; order is 'sequential', expected 'random'. Use",
      ],
      [{ order: 'sequential' }, "TokenDataset.restore: order is 'sequential', expected 'random'"],
      [{ end: 999 }, 'TokenDataset.restore: end is 999, expected 1000'],
      [{ seed: 1 }, 'TokenDataset.restore: seed is 1, expected 0'],
      [{ contextLength: 9 }, 'TokenDataset.restore: contextLength is 9, expected 8'],
      [{ position: [0, 0, 0, 0] }, 'TokenDataset.restore: the position is [object Array]'],
      [{ position: [1, 2, 3] }, 'the position is'],
      [{ position: [1, 2, 3, 2 ** 31] }, 'the position is'],
      [{ position: 7 }, 'the position is 7'],
    ] as const) {
      expect(() => data.restore({ ...state, ...change } as never)).toThrow(message);
    }
    expect(() => data.restore(null as never)).toThrow(
      'TokenDataset.restore: the state is null, expected one from state()',
    );
    const ordered = await open({ order: 'sequential' });
    expect(() => ordered.restore({ ...ordered.state(), position: [124] })).toThrow('the position is');
    expect(data.state()).toEqual(expected);
  });

  it('divides into training and validation without a common token', async () => {
    const { train, validation } = (await open({ batchSize: 50 })).split({ validationFraction: 0.1 });
    expect([train.size, validation.size]).toEqual([900, 100]);
    for (let i = 0; i < 5; i++) {
      expect(Math.max(...take(await train.batch()).targets.flat())).toBeLessThan(900);
      expect(Math.min(...take(await validation.batch()).inputs.flat())).toBeGreaterThanOrEqual(900);
    }
    const ordered = validation.with({ order: 'sequential', contextLength: 33, batchSize: 3 });
    expect(firsts(await ordered.batch())).toEqual([900, 933, 966]);
    expect([...(await validation.tokens(1, 3))]).toEqual([901, 902, 903]);
    await expect(validation.tokens(99, 2)).rejects.toThrow('TokenDataset.tokens: count is 2, expected');
    const parts = train.split({ validationFraction: 0.5 });
    expect([parts.train.size, parts.validation.state().start]).toEqual([450, 450]);
    for (const validationFraction of [0, 1, Number.NaN]) {
      expect(() => train.split({ validationFraction })).toThrow('TokenDataset.split: validationFraction is');
    }
    expect(() => train.split({ validationFraction: 0.005 })).toThrow(
      'TokenDataset: there are 4 tokens, expected at least contextLength + 1 = 9.',
    );
  });

  it('works for batches that are asked for all at once', async () => {
    const [data, reference] = [await open(), await open()];
    const together = await Promise.all([data.batch(), data.batch(), data.batch()]);
    for (const batch of together) expect(take(batch)).toEqual(take(await reference.batch()));
  });

  it('finds tokens beyond the vocabulary when it reads them, and damage when it verifies', async () => {
    const bytes = file.bytes.slice();
    bytes[2 * 500 + 1] = 0x80;
    const data = await open({ order: 'sequential', batchSize: 1, contextLength: 400 }, { ...file, bytes });
    take(await data.batch());
    const message = 'TokenDataset: token 500 is 33012, expected 0 to 999. The .bin is damaged';
    await expect(data.batch()).rejects.toThrow(message);
    await expect(data.verify()).rejects.toThrow(message);
    bytes.set(file.bytes);
    bytes[0] = 1;
    await expect((await open({}, { ...file, bytes })).verify()).rejects.toThrow(
      'TokenDataset.verify: the .bin has sha256',
    );
    const large = wide.bytes.slice();
    large[3] = 0xff;
    const four = await open({ order: 'sequential' }, { ...wide, bytes: large });
    expect(() => four.batchSync()).toThrow('token 0 is 4278190080, expected 0 to 99999');
  });

  it('is verified as it is opened, once as long as nobody writes to the file', async () => {
    const path = join(folder, 'verified.bin');
    const damaged = file.bytes.slice();
    damaged[0] ^= 1;
    writeFileSync(`${path}.json`, JSON.stringify(file.sidecar));
    const opening = () => TokenDataset.open(path, { contextLength: 8, verify: true });
    const reads = vi.spyOn(TokenFile.prototype, 'verify');
    writeFileSync(path, file.bytes);
    for (let i = 0; i < 3; i++) await (await opening()).close();
    expect(reads).toHaveBeenCalledTimes(1);
    writeFileSync(path, damaged);
    for (let i = 0; i < 2; i++) {
      await expect(opening()).rejects.toThrow(`TokenDataset.open: '${path}' has sha256 `);
    }
    recordFault('a bit flipped in a file of tokens', 'it is found as the file is opened to learn from', 2);
    expect(reads).toHaveBeenCalledTimes(3); // what was found damaged is looked at again
    await (await TokenDataset.open(path, { contextLength: 8 })).close();
    writeFileSync(path, file.bytes);
    await (await opening()).close();
    const parts = { bytes: damaged, sidecar: file.sidecar };
    await expect(TokenDataset.open(parts, { contextLength: 8, verify: true })).rejects.toThrow(
      'the .bin has sha256',
    );
    reads.mockRestore();
  });

  it('finds every flipped bit in the sidecar that changes what it says', async () => {
    const { path } = await tokenize('to be or not to be '.repeat(20), {
      tokenizer: characterTokenizer('to be or not to be'),
      out: join(folder, 'sealed.bin'),
    });
    const text = readFileSync(`${path}.json`);
    const said = async (): Promise<string> => {
      const data = await TokenDataset.open(path, { contextLength: 8, verify: true });
      await data.close();
      return JSON.stringify(data.sidecar);
    };
    const intact = await said();
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(text);
        flipped[at] ^= 1 << bit;
        writeFileSync(`${path}.json`, flipped);
        expect(await said().catch(() => intact)).toBe(intact);
      }),
      { numRuns: 200 },
    );
  });

  it('says so when the file ends early, is closed or is not there', async () => {
    const short = join(folder, 'short.bin');
    writeFileSync(short, file.bytes);
    writeFileSync(`${short}.json`, JSON.stringify(file.sidecar));
    const data = await open({ order: 'sequential', contextLength: 400, batchSize: 2 }, short);
    truncateSync(short, 1000);
    await expect(data.batch()).rejects.toThrow('ends at byte 1000, expected 2000 bytes');
    expect(() => data.batchSync()).toThrow('ends at byte 1000, expected 2000 bytes');
    await data.close();
    await data.close();
    await expect(data.batch()).rejects.toThrow('TokenDataset: it is closed');
    expect(() => data.batchSync()).toThrow('TokenDataset: it is closed');
    await expect(open({}, short)).rejects.toThrow(
      `TokenDataset.open: '${short}.json' names 1000 tokens of uint16, 2000 bytes, but the .bin has 1000.`,
    );
    await expect(open({}, join(folder, 'none.bin'))).rejects.toThrow("none.bin' cannot be opened");
  });

  it('closes what it mapped', async () => {
    const data = await open({ memoryMap: true }, path);
    take(await data.batch());
    await data.close();
    await expect(data.batch()).rejects.toThrow('TokenDataset: it is closed');
    await expect(open({ memoryMap: true })).rejects.toThrow("memoryMap is true, expected a file's name");
  });

  it('refuses options it does not know or that are out of range', async () => {
    const expectError = (options: object, message: string) =>
      expect(open(options)).rejects.toThrow(`TokenDataset.open: ${message}`);
    await expectError({ context: 8 }, "option 'context' is unknown");
    await expectError({ contextLength: undefined }, 'contextLength is undefined');
    await expectError({ batchSize: 0 }, 'batchSize is 0');
    await expectError({ seed: -1 }, 'seed is -1');
    await expectError({ order: 'any' }, "order is 'any'");
    await expectError({ contextLength: 2 ** 20, batchSize: 2 ** 20 }, 'the result would have shape');
    await expect(open({ contextLength: 1000 })).rejects.toThrow('there are 1000 tokens');
    await expect(open({}, null as never)).rejects.toThrow('TokenDataset.open: the file is null');
    await expect(open({}, { bytes: file.bytes } as never)).rejects.toThrow(
      'expected its name or { bytes, sidecar }',
    );
    await expect(open({}, { ...file, bytes: 7 } as never)).rejects.toThrow(
      'TokenDataset.open: the bytes are 7',
    );
    const liar = { size: 2000, read: async () => new Uint8Array(3) };
    const data = await open({}, { ...file, bytes: liar });
    await expect(data.batch()).rejects.toThrow('TokenDataset: 3 bytes came, expected 18.');
  });

  it('reads Shakespeare’s characters as nanoGPT does', async () => {
    const tokenizer = characterTokenizer('First Citizen:\nBefore we proceed any further, hear me speak.');
    const made = await tokenize('hear me speak.\nFirst', { tokenizer });
    const data = await open({ order: 'sequential', batchSize: 1, contextLength: 4 }, made);
    const { inputs, targets } = take(await data.batch());
    expect([tokenizer.decode(inputs[0]), tokenizer.decode(targets[0])]).toEqual(['hear', 'ear ']);
    expect(characterTokenizer(data.sidecar.vocabulary!).vocabulary).toEqual(tokenizer.vocabulary);
  });
});
