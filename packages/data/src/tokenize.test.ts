import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  characterTokenizer,
  characterTokenizerOf,
  gpt2Tokenizer,
  type TextSource,
  type TokenizeProgress,
  type Tokenizer,
  tokenize,
} from '@evenkeel/data';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { publishedTokenizer } from '../test/published-tokenizers.js';
import { textWithTraps } from '../test/texts.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-tokenize-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const out = join(folder, 'out.bin');
const bytesOf = (tokens: ArrayLike<number>) => new Uint8Array(Uint16Array.from(tokens).buffer);
const letters = characterTokenizer('abcdefghij\n ');
const gpt2 = await gpt2Tokenizer();
const llama3 = publishedTokenizer('llama3');
/** Two ids for a letter, and nobody knows where its texts can be cut. */
const opaque: Tokenizer = {
  name: 'opaque',
  vocabSize: 70_000,
  endOfText: 69_999,
  encode: (text) => Array.from(text, (_, i) => (i === 0 ? 65_536 : text.charCodeAt(i))),
  decode: () => '',
};

describe('tokenize', () => {
  it('writes the tokens, little-endian, and what they are', async () => {
    const result = await tokenize('abba', { tokenizer: letters, out });
    expect([...readFileSync(out)]).toEqual([2, 0, 3, 0, 3, 0, 2, 0]);
    expect(JSON.parse(readFileSync(`${out}.json`, 'utf8'))).toEqual({
      seal: expect.stringMatching(/^[0-9a-f]{64}$/),
      tokenizer: 'character',
      vocabSize: 12,
      dtype: 'uint16',
      count: 4,
      sha256: createHash('sha256').update(readFileSync(out)).digest('hex'),
      documents: 1,
      vocabulary: [...'\n abcdefghij'],
    });
    expect(result.path).toBe(out);
    expect(result.sidecar.count).toBe(4);
  });

  it('takes four bytes a token where the vocabulary needs it', async () => {
    const { bytes, sidecar } = await tokenize('xAB', { tokenizer: opaque });
    expect(sidecar.dtype).toBe('uint32');
    expect([...bytes]).toEqual([0, 0, 1, 0, 65, 0, 0, 0, 66, 0, 0, 0]);
  });

  it('reads files, URLs, Blobs and buffers, with one end-of-text token between documents', async () => {
    const [one, two] = [write('one.txt', 'One é😀'), write('two.txt', ' two')];
    const empty = write('empty.txt', '');
    const files = [
      empty,
      one,
      pathToFileURL(two),
      empty,
      new Blob(['three']),
      new TextEncoder().encode('four'),
    ];
    const { bytes, sidecar } = await tokenize(files, { tokenizer: gpt2 });
    const tokens = ['One é😀', ' two', 'three', 'four'].flatMap((text) => [50256, ...gpt2.encode(text)]);
    expect(bytes).toEqual(bytesOf(tokens.slice(1)));
    expect([sidecar.documents, sidecar.endOfText, sidecar.count]).toEqual([4, 50256, tokens.length - 1]);
  });

  it('takes documents one by one, another end-of-text token, or none', async () => {
    async function* generate() {
      yield* ['ab', '', 'c'];
    }
    const join = async (endOfText?: number | false) =>
      (await tokenize({ documents: generate() }, { tokenizer: letters, endOfText })).bytes;
    expect(await join()).toEqual(bytesOf([2, 3, 4]));
    expect(await join(0)).toEqual(bytesOf([2, 3, 0, 4]));
    const options = { tokenizer: gpt2, endOfText: false } as const;
    const { bytes, sidecar } = await tokenize({ documents: ['a', 'b'] }, options);
    expect(bytes).toEqual(bytesOf([64, 65]));
    expect(sidecar).not.toHaveProperty('endOfText');
  });

  it.each<[string, Tokenizer]>([
    ['gpt2', gpt2],
    ['llama3', llama3],
    [
      'a character tokenizer',
      characterTokenizer(Array.from({ length: 256 }, (_, i) => String.fromCharCode(i))),
    ],
    ['one that cannot be cut', opaque],
  ])('gives the same tokens however the text comes in pieces, with %s', async (name, tokenizer) => {
    const texts =
      name === 'a character tokenizer'
        ? textWithTraps.map((t) => t.replace(/[^\0-\xff]/g, '?'))
        : textWithTraps;
    const options = fc.record({ chunkLength: fc.integer({ min: 1, max: 20 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { maxLength: 3 }), options, async (documents, { chunkLength }) => {
        const end = tokenizer.endOfText === undefined ? [] : [tokenizer.endOfText];
        const expectWhole = async (texts: string[], source: TextSource) => {
          const filled = texts.filter((text) => text !== '');
          const whole = filled.flatMap((text, i) => [...(i > 0 ? end : []), ...tokenizer.encode(text)]);
          const { bytes } = await tokenize(source, { tokenizer, chunkLength });
          const isWide = tokenizer.vocabSize > 65536;
          const tokens = isWide ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer);
          expect([...tokens]).toEqual(whole);
        };
        await expectWhole(documents, { documents });
        // Files hold no NUL, and a mark at their beginning is no text.
        const files = documents.map((text) => text.replaceAll('\0', '').replace(/^\ufeff+/, ''));
        await expectWhole(
          files,
          files.map((text) => new Blob([text])),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('takes text with a byte order mark, in UTF-8 or UTF-16', async () => {
    const marked = '\ufeffab\r\nba';
    const files = [
      Buffer.from(marked),
      Buffer.from(marked, 'utf16le'),
      Buffer.from(marked, 'utf16le').swap16(),
    ];
    const tokenizer = await characterTokenizerOf(files);
    expect(tokenizer.vocabulary).toEqual(['\n', '\r', 'a', 'b']);
    for (const file of files)
      expect((await tokenize([file], { tokenizer })).bytes).toEqual(bytesOf([2, 3, 1, 0, 3, 2]));
  });

  it('reads characters that span two reads of a file', async () => {
    const text = 'é字😀'.repeat(60_000); // 540 kB, in reads of 256 KiB
    const { bytes } = await tokenize([write('wide.txt', text)], { tokenizer: characterTokenizer(text) });
    expect(bytes).toEqual(bytesOf(characterTokenizer(text).encode(text)));
  });

  it('divides a file at a separator, wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', '<', '<>', '<>>', '>'), { maxLength: 12 }),
        async (parts) => {
          const text = parts.join('');
          const tokenizer = characterTokenizer(['a', '<', '>', '|']);
          const documents = text.split('<>>').filter((part) => part !== '');
          const whole = tokenizer.encode(documents.join('|'));
          const pieces = [new Blob([text])];
          const options = { tokenizer, endOfText: 3, documentSeparator: '<>>' };
          expect((await tokenize(pieces, options)).bytes).toEqual(bytesOf(whole));
        },
      ),
    );
    const [length, separator] = [2 ** 18, '<|endoftext|>'];
    for (let before = length - separator.length; before <= length; before++) {
      const source = [new Blob(['a'.repeat(before), separator, 'b'])];
      const { sidecar } = await tokenize(source, { tokenizer: letters, documentSeparator: separator });
      expect([sidecar.count, sidecar.documents]).toEqual([before + 1, 2]);
    }
  });

  it('tells how far it is', async () => {
    const seen: TokenizeProgress[] = [];
    const files = [write('a.txt', 'a'.repeat(10)), write('b.txt', 'b'.repeat(30))];
    const onProgress = (progress: TokenizeProgress) => void seen.push(progress);
    await tokenize(files, { tokenizer: letters, onProgress });
    expect(seen).toEqual([
      { tokens: 10, characters: 10, documents: 1, share: 0.25 },
      { tokens: 40, characters: 40, documents: 2, share: 1 },
    ]);
    seen.length = 0;
    await tokenize('abcd', { tokenizer: letters, chunkLength: 2, onProgress });
    expect(seen.at(-1)).toEqual({ tokens: 4, characters: 4, documents: 1, share: 1 });
    expect(seen.length).toBeGreaterThan(1);
  });

  it('leaves everything as it was when something goes wrong', async () => {
    await tokenize('abc', { tokenizer: letters, out });
    const before = readdirSync(folder);
    const old = readFileSync(out);
    const fail = new AbortController();
    const bad = { ...letters, encode: () => [12] };
    const latin = write('latin.txt', Uint8Array.of(97, 233, 97));
    before.push('latin.txt');
    await expect(tokenize('abZ', { tokenizer: letters, out })).rejects.toThrow("character 2 is 'Z'");
    await expect(tokenize('a', { tokenizer: bad, out })).rejects.toThrow(
      'tokenize: character gave the token 12, expected 0 to 11.',
    );
    await expect(tokenize([latin], { tokenizer: letters, out })).rejects.toThrow(
      `tokenize: '${latin}' is not in UTF-8: byte 1 is 0xE9, expected text in UTF-8. It looks like Latin-1`,
    );
    await expect(tokenize([join(folder, 'none')], { tokenizer: letters, out })).rejects.toThrow(
      'cannot be opened',
    );
    await expect(tokenize([folder], { tokenizer: letters, out })).rejects.toThrow(
      'is a folder, expected a plain file',
    );
    const onProgress = () => fail.abort();
    const options = { tokenizer: letters, out, chunkLength: 1, signal: fail.signal, onProgress };
    await expect(tokenize('abc', options)).rejects.toThrow('aborted');
    expect(readdirSync(folder).sort()).toEqual(before.sort());
    expect(readFileSync(out)).toEqual(old);
  });

  it('says what is wrong with its arguments', async () => {
    const run = (source: unknown, options: object) =>
      expect(tokenize(source as string, { tokenizer: letters, ...options } as never)).rejects;
    await run('a', { output: 'x' }).toThrow("tokenize: option 'output' is unknown");
    await run('a', { tokenizer: gpt2Tokenizer() }).toThrow('tokenize: the tokenizer is a promise');
    await run('a', { endOfText: 12 }).toThrow('tokenize: endOfText is 12');
    await run('a', { chunkLength: 0 }).toThrow('tokenize: chunkLength is 0');
    await run('a', { documentSeparator: '' }).toThrow("tokenize: documentSeparator is ''");
    await run('a', { out: join(folder, 'no/such/folder.bin') }).toThrow('cannot be written');
    await run(7, {}).toThrow('tokenize: the source is 7');
    await run({ documents: [7] }, {}).toThrow('tokenize: a document is 7');
    await run([7], {}).toThrow('tokenize: the bytes are 7');
    await run(out, { out: join(folder, 'other.bin') }).toThrow('is the name of a file');
    expect(existsSync(join(folder, 'other.bin'))).toBe(false);
  });
});
