import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, parseJson, parseRecords, readJson, readRecords, readText } from './index.js';

const utf8 = (text: string) => Buffer.from(text);
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const read = (bytes: Uint8Array) => readText('test', bytes);
const many = 'hello wörld\n'.repeat(200);

describe('readText', () => {
  it('takes UTF-8 with and without a byte order mark, and UTF-16 with one', async () => {
    const text = 'é🙂a\r\n';
    expect(await read(utf8(text))).toBe(text);
    expect(await read(utf8(`\ufeff${text}`))).toBe(text);
    expect(await read(Buffer.from(`\ufeff${text}`, 'utf16le'))).toBe(text);
    expect(await read(utf16be(`\ufeff${text}`))).toBe(text);
    expect(await read(utf8(`a\ufeff${text}`))).toBe(`a\ufeff${text}`); // it is a character elsewhere
    expect(await read(utf8(''))).toBe('');
  });

  it.each([
    [
      'Latin-1',
      Buffer.from('caf\xe9 na\xefve '.repeat(200), 'latin1'),
      'the text is not in UTF-8: byte 3 is 0xE9, expected text in UTF-8. It looks like Latin-1 (Windows-1252): convert it with iconv -f WINDOWS-1252 -t UTF-8.',
    ],
    [
      'Shift_JIS',
      Buffer.from('93fa967b8cea82cd'.repeat(50), 'hex'),
      'is not in UTF-8: byte 0 is 0x93, expected text in UTF-8. Convert it first, with iconv -f ENCODING',
    ],
    [
      'UTF-16LE',
      Buffer.from(many, 'utf16le'),
      'is text in UTF-16LE without a byte order mark, expected text in UTF-8. Convert it first: iconv -f UTF-16LE',
    ],
    ['UTF-16BE', utf16be(many), 'is text in UTF-16BE without'],
    [
      'UTF-32',
      Buffer.from(Array.from(many, (c) => [c.charCodeAt(0), 0, 0, 0]).flat()),
      'is text in UTF-32LE without',
    ],
    ['UTF-32 with a mark', Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]), 'is text in UTF-32, expected'],
    [
      'a cut off file',
      utf8('aé').subarray(0, 2),
      'ends within a character, at byte 1, expected whole ones in UTF-8. Is it cut off',
    ],
    [
      'a cut off UTF-16',
      Buffer.from([0xff, 0xfe, 65, 0, 66]),
      'ends within a character, at byte 4, expected whole ones in UTF-16LE',
    ],
    ['half a pair', Buffer.from([0xff, 0xfe, 65, 0, 0, 0xdc, 66, 0]), 'is not in UTF-16LE: byte 4 is 0x00'],
    [
      'a NUL',
      utf8(`${'é'.repeat(5000)}\0b`),
      'has a NUL at byte 10000, expected text in UTF-8. It is a binary file',
    ],
    ['a NUL in UTF-16', Buffer.from('\ufeffab\0', 'utf16le'), 'has a NUL at byte 6'],
    [
      'gzip',
      gzipSync('text'),
      'is a gzip archive, expected text in UTF-8. Unpack it first, for example with gunzip -k.',
    ],
    ['zip', Buffer.from('PK\x03\x04abc'), 'is a zip archive'],
    ['PDF', Buffer.from('%PDF-1.7\n'), 'is a PDF document, expected text in UTF-8. Export its text first'],
    ['Parquet', Buffer.from('PAR1\x15\x04'), 'is a Parquet file'],
    [
      'safetensors',
      Buffer.concat([Buffer.from([90, 0, 0, 0, 0, 0, 0, 0]), utf8('{"a":1}')]),
      'is a safetensors file',
    ],
  ])('refuses %s by name', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(
      `test: ${message.startsWith('the text') ? '' : 'the text '}${message}`,
    );
  });

  it('names a file, and finds the byte beyond the first piece, whatever the encoding', async () => {
    const at = 3 * 2 ** 18 + 1;
    const bytes = Buffer.alloc(at + 10, 'a');
    bytes[at] = 0xff;
    await expect(readText('test', new File([bytes], 'notes.txt'))).rejects.toThrow(
      `test: 'notes.txt' is not in UTF-8: byte ${at} is 0xFF`,
    );
  });

  it('gives the same text wherever the pieces are cut', async () => {
    const text = fc.string({ unit: 'binary', minLength: 8, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(text, async (binary) => {
        // Each encoding with characters around the end of the first piece of 2¹⁸ bytes.
        const end = binary.replaceAll('\0', '0');
        const long = `${'x'.repeat(2 ** 18 - 8)}${end}`;
        expect((await read(utf8(long))) === long).toBe(true);
        const short = `${'x'.repeat(2 ** 17 - 8)}${end}`;
        expect((await read(Buffer.from(`\ufeff${short}`, 'utf16le'))) === short).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('agrees with the decoder about what is no UTF-8', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 8 }), async (tail) => {
        const bytes = Uint8Array.from([97, ...tail]);
        const valid = !bytes.includes(0) && isUtf8(bytes);
        const result = await read(bytes).catch((error: Error) => error);
        if (valid) expect(result).toBe(new TextDecoder().decode(bytes));
        else if (result instanceof Error) {
          const place = Number(/byte (\d+)/.exec(result.message)?.[1]);
          if (!Number.isNaN(place)) expect(isUtf8(bytes.subarray(0, place))).toBe(true);
        } else throw new Error(`taken for text: ${bytes}`);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a text that is too long to be read whole, and not with a raw error', async () => {
    const block = Buffer.alloc(2 ** 18, 'a');
    const source: ByteSource = { size: 2 ** 30, read: async (_, length) => block.subarray(0, length) };
    await expect(readText('test', source)).rejects.toThrow(
      'test: the text has more than 268435456 characters, expected fewer where a text is read whole.',
    );
  });
});

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('readRecords', () => {
  const records = [{ a: 1 }, { a: 'x\ny' }, { a: null }];
  const lines = records.map((record) => JSON.stringify(record)).join('\n');

  it.each([
    ['JSON', JSON.stringify(records)],
    ['JSON over lines', JSON.stringify(records, null, 2)],
    ['JSON lines', lines],
    ['JSON lines with an end', `${lines}\n`],
    ['JSON lines of Windows', `\ufeff${lines.replaceAll('\n', '\r\n')}\r\n\r\n`],
    ['JSON lines with blank ones', `\n\n${lines.replaceAll('\n', '\n \n')}\n\n`],
  ])('takes %s', async (_, text) => {
    expect(await readRecords('test', utf8(text))).toEqual(records);
    expect(parseRecords('test', text)).toEqual(records);
    if (!text.startsWith('\ufeff'))
      expect(await readRecords('test', Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual(records);
  });

  it('takes one record, on a line or over lines, and nothing', () => {
    for (const text of ['{"a":1}', '{"a":1}\n', '{\n"a":1\n}\n'])
      expect(parseRecords('test', text)).toEqual([{ a: 1 }]);
    expect(parseRecords('test', '[]')).toEqual([]);
    expect(parseRecords('test', '')).toEqual([]);
  });

  it.each([
    [`${lines}\n{"a":`, 'the text is no JSON in line 4: '],
    [`${lines}\n{'a': 1}\n${lines}`, 'is no JSON in line 4: '],
    [`{"a": 1,}\n${lines}`, 'is no JSON in line 1: '],
    [
      `\n{"a": NaN}\n{"a": 1}`,
      'is no JSON in line 2: NaN stands there, expected null or a text in its place',
    ],
    ['[\n{"a": "NaN Infinity \\" "},\n{"a": -Infinity}\n]', 'is no JSON in line 3: Infinity stands there'],
    ['[{"a": 1},\n{"a": ]', 'is no JSON'],
    ['a,b\n1,2', 'is no JSON'],
  ])('says which line is wrong: %j', (text, message) => {
    expect(() => parseRecords('test', text)).toThrow(message);
  });

  it('reads lines beyond the longest string', async () => {
    const line = utf8(`{"a":"${'x'.repeat(2 ** 18 - 9)}"}\n`);
    expect(line.length).toBe(2 ** 18);
    const source: ByteSource = { size: 4 * line.length, read: async (_, length) => line.subarray(0, length) };
    expect(await readRecords('test', source)).toHaveLength(4);
    const huge: ByteSource = {
      size: 2 ** 30,
      read: async (at, length) => line.fill(at === 0 ? 0x5b : 0x20).subarray(0, length),
    };
    await expect(readRecords('test', huge)).rejects.toThrow(
      'write one a line (.jsonl), which is read line by line',
    );
  });
});

describe('parseJson', () => {
  it('takes a byte order mark, and says the line of an error', async () => {
    expect(parseJson('test', "'a.json'", '\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(await readJson('test', utf8('{"a":1}'))).toEqual({ a: 1 });
    expect(() => parseJson('test', "'a.json'", '{\n"a": 1\n"b": 2}')).toThrow(
      /^test: 'a.json' is no JSON in line 3: /,
    );
  });

  it('refuses what nests deeper than a stack can follow', () => {
    const nested = (levels: number) => `${'[{"a":'.repeat(levels)}1${'}]'.repeat(levels)}`;
    expect(parseJson('test', "'a.json'", nested(50))).toHaveLength(1);
    expect(() => parseJson('test', "'a.json'", nested(3000))).toThrow(
      /^test: 'a.json' nests deeper than 100, expected JSON as people write it/,
    );
    expect(() => parseRecords('test', `{"a":1}\n${nested(60)}`)).toThrow('nests deeper than 100 in line 2');
  });
});
