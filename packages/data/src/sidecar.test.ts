import { type Bytes, TokenDataset } from '@evenkeel/data';
import { recordFault } from '@evenkeel/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const bytes = new Uint8Array(200);
const good = {
  tokenizer: 'gpt2',
  vocabSize: 50257,
  dtype: 'uint16',
  count: 100,
  sha256: 'd'.repeat(64),
  documents: 2,
  endOfText: 50256,
};
const open = (sidecar: string | object, from: Bytes = bytes) =>
  TokenDataset.open({ bytes: from, sidecar }, { contextLength: 8 });

/** Opens it, and checks what has to hold whatever came: a clear error or a dataset that fits, and no token read. */
async function expectErrorOrSense(sidecar: string | object): Promise<void> {
  let reads = 0;
  const read = async (offset: number, length: number) => {
    reads++;
    return bytes.subarray(offset, offset + length);
  };
  const result = await open(sidecar, { size: bytes.length, read }).catch((error: unknown) => error);
  expect(reads).toBe(0);
  if (result instanceof TokenDataset) {
    const { dtype, count, vocabSize } = result.sidecar;
    expect(count * (dtype === 'uint16' ? 2 : 4)).toBe(200);
    expect(vocabSize).toBeLessThanOrEqual(dtype === 'uint16' ? 65_536 : 2 ** 31);
  } else {
    expect(result).toBeInstanceOf(Error);
    const { message } = result as Error;
    expect(message).toMatch(/^TokenDataset(\.open)?: .+, (but|expected) .+\./s);
    expect(message.length).toBeLessThan(400);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

describe('a sidecar', () => {
  it('is taken for what it says, without what it does not know', async () => {
    const data = await open({ ...good, future: 1 });
    expect(data.sidecar).toEqual(good);
    const { documents, endOfText, ...least } = good;
    expect((await open(JSON.stringify(least))).sidecar).toEqual(least);
  });

  it.each([
    [{ tokenizer: '' }, "tokenizer is '', expected the name of a tokenizer"],
    [{ tokenizer: 7 }, 'tokenizer is 7'],
    [{ vocabSize: 0 }, 'vocabSize is 0, expected a whole number from 1'],
    [{ vocabSize: 1e300 }, 'vocabSize is 1e+300'],
    [{ vocabSize: '5' }, "vocabSize is '5'"],
    [{ vocabSize: 65_537 }, "dtype is 'uint16', expected 'uint32' for so large a vocabulary"],
    [{ dtype: 'float32' }, "dtype is 'float32', expected 'uint16' or 'uint32'"],
    [{ dtype: '__proto__' }, "dtype is '__proto__'"],
    [{ dtype: 'uint32' }, 'names 100 tokens of uint32, 400 bytes, but the .bin has 200'],
    [{ count: -1 }, 'count is -1'],
    [{ count: 99.5 }, 'count is 99.5'],
    [{ count: 101 }, 'names 101 tokens of uint16, 202 bytes, but the .bin has 200'],
    [{ count: 2 ** 53 - 1 }, 'but the .bin has 200'],
    [{ sha256: 'xyz' }, "sha256 is 'xyz', expected 64 hexadecimal digits"],
    [{ documents: -1 }, 'documents is -1'],
    [{ endOfText: 50257 }, 'endOfText is 50257, expected a token from 0 to 50256'],
    [{ vocabulary: ['a'] }, 'vocabulary is [object Array], expected a list of 50257 different characters'],
    [{ vocabSize: 2, endOfText: 1, vocabulary: ['a', 'a'] }, 'vocabulary is'],
    [{ vocabSize: 2, endOfText: 1, vocabulary: ['a', 'bc'] }, 'vocabulary is'],
    [{ vocabSize: 2, endOfText: 1, vocabulary: [1, 2] }, 'vocabulary is'],
    [{ tokenizer: { toString: 1 } }, 'tokenizer is [object Object]'],
  ])('with %o is refused', async (change, message) => {
    await expect(open({ ...good, ...change })).rejects.toThrow(message);
    await expectErrorOrSense({ ...good, ...change });
  });

  it.each(Object.keys(good).slice(0, 5))('without %s is refused', async (field) => {
    await expect(open({ ...good, [field]: undefined })).rejects.toThrow(`${field} is undefined, expected`);
  });

  it('in the form before vocabSize had its name is refused with the remedy', async () => {
    const { vocabSize: vocabularySize, ...others } = good;
    await expect(open({ ...others, vocabularySize })).rejects.toThrow(
      'the sidecar is in an older form, which names vocabularySize, expected vocabSize. Make it again with tokenize, or',
    );
  });

  it('does not inherit fields', async () => {
    await expect(
      open('{"__proto__": {"count": 100}, "constructor": {"prototype": {"polluted": 1}}}'),
    ).rejects.toThrow('tokenizer is undefined');
  });

  it.each([
    ['[]', 'the sidecar is [object Array], expected an object'],
    ['null', 'the sidecar is null, expected an object'],
    ['{', 'the sidecar is no JSON'],
    ['['.repeat(500_000), 'the sidecar is no JSON'],
    [' '.repeat(2 ** 20 + 1), 'the sidecar has 1048577 bytes, expected at most 1048576'],
  ])('that is no object is refused', async (content, message) => {
    await expect(open(content)).rejects.toThrow(message);
    await expectErrorOrSense(content);
  });

  it('of which the .bin is half a token short is refused', async () => {
    await expect(open(good, bytes.subarray(1))).rejects.toThrow('200 bytes, but the .bin has 199');
  });

  it('is never believed blindly: fields of any kind', async () => {
    const anything = fc.oneof(fc.anything(), fc.jsonValue(), fc.maxSafeInteger(), fc.double());
    const key = fc.oneof(
      fc.constantFrom(...Object.keys(good), 'vocabulary', '__proto__', 'constructor'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, anything), { maxLength: 4 }), (changes) =>
        expectErrorOrSense({ ...good, ...Object.fromEntries(changes) }),
      ),
      { numRuns: 500 },
    );
  });

  it('is never believed blindly: bytes changed, cut and added', async () => {
    const text = JSON.stringify(good);
    const place = fc.nat(text.length);
    await fc.assert(
      fc.asyncProperty(place, place, fc.string({ unit: 'binary', maxLength: 4 }), (from, length, insert) =>
        expectErrorOrSense(text.slice(0, from) + insert + text.slice(from + (length % 5))),
      ),
      { numRuns: 500 },
    );
    recordFault('a sidecar with bytes changed, cut or added', 'it is refused by name, or makes sense', 500);
  });
});
