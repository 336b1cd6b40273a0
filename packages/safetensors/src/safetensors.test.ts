import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countedBytes, describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import malformed from '../fixtures/l1_safetensors_malformed.json' with { type: 'json' };
import {
  encodeSafetensors,
  openSafetensors,
  openSharded,
  parseStrictJson,
  saveSafetensors,
} from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with this header and data. */
function file(
  header: unknown,
  data: Uint8Array = new Uint8Array(),
  text = JSON.stringify(header),
): Uint8Array {
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

interface Case {
  name: string;
  inputs: { level: string; base64?: string };
  expected: { verdict: string; reason: string };
}
const containers = (malformed.cases as unknown as Case[]).filter(
  ({ inputs }) => inputs.level === 'container',
);

describe('openSafetensors', () => {
  it.each(containers.filter(({ expected }) => expected.verdict === 'reject'))(
    'refuses: $name',
    async ({ inputs }) => {
      const bytes = countedBytes(new Uint8Array(Buffer.from(inputs.base64!, 'base64')));
      await expect(openSafetensors(bytes)).rejects.toThrow(
        /^openSafetensors: this is no valid safetensors file: .{10}/,
      );
      expect(bytes.bytesRead).toBeLessThanOrEqual(bytes.size);
    },
  );

  it.each(containers.filter(({ expected }) => expected.verdict !== 'reject'))(
    'reads: $name',
    async ({ inputs }) => {
      const store = await openSafetensors(new Uint8Array(Buffer.from(inputs.base64!, 'base64')));
      for (const [name, { dtype }] of store.tensors) {
        if (dtype.startsWith('F8'))
          await expect(store.read(name)).rejects.toThrow(`readTensor: '${name}' is ${dtype}`);
        else await store.read(name);
        await store.readBytes(name);
      }
      expect(({} as Record<string, unknown>).dtype).toBeUndefined();
    },
  );

  it('keeps a tensor named __proto__ a tensor', async () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
    const store = await openSafetensors(file(null, Uint8Array.of(7, 8), header));
    expect([...store.tensors.keys()]).toEqual(['__proto__']);
    expect(Array.from((await store.read('__proto__')) as Uint8Array)).toEqual([7, 8]);
  });

  it('refuses 4.0 where 4 is meant, which JSON.parse cannot tell apart', async () => {
    const header = '{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}';
    await expect(openSafetensors(file(null, new Uint8Array(4), header))).rejects.toThrow('has the shape [');
  });

  it('says what is not there', async () => {
    const store = await openSafetensors(file({ a: { dtype: 'U8', shape: [0], data_offsets: [0, 0] } }));
    await expect(store.read('b')).rejects.toThrow(
      "readTensor: 'b' is not in the file, expected one of its 1 tensors, such as a",
    );
    await expect(openSafetensors(join(folder, 'nowhere'))).rejects.toThrow(
      /openSafetensors: '.*nowhere' cannot be opened/,
    );
    await expect(openSafetensors(5 as unknown as string)).rejects.toThrow('openSafetensors: the bytes are 5');
  });

  it('reads a part of a tensor, and nothing beyond it', async () => {
    const source = countedBytes(await encodeSafetensors({ a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4]) }));
    const store = await openSafetensors(source);
    const header = source.bytesRead;
    const part = await store.readBytes('a', 4, 8);
    expect([...new Float32Array(part.slice().buffer)]).toEqual([2, 3]);
    expect(source.bytesRead - header).toBe(8);
    for (const [begin, length] of [
      [0, 13],
      [12, 1],
      [-1, 2],
      [0.5, 1],
    ]) {
      await expect(store.readBytes('a', begin, length)).rejects.toThrow(
        `readBytes: ${length} bytes of 'a' from ${begin} on were asked for, expected some of its 12`,
      );
    }
  });

  it('keeps a tensor where it is, and reads parts of it without waiting', async () => {
    const bytes = await encodeSafetensors(
      {
        a: tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        b: tf.tensor1d([7], 'int32'),
      },
      { dtype: 'BF16' },
    );
    const path = join(folder, 'kept.safetensors');
    writeFileSync(path, bytes);
    for (const place of [path, bytes, new Blob([bytes as BlobPart]), countedBytes(bytes)]) {
      const store = await openSafetensors(place);
      const kept = await store.keep('a');
      expect([kept.dtype, kept.shape, kept.size]).toEqual(['BF16', [2, 2], 4]);
      expect([...(kept.read() as Float32Array)]).toEqual([1, 2, 3, 4]);
      expect([...(kept.read(1, 2) as Float32Array)]).toEqual([2, 3]);
      expect([...(kept.read(4) as Float32Array)]).toEqual([]);
      expect(() => kept.read(3, 2)).toThrow(
        "read: 2 numbers of 'a' from 3 on were asked for, expected some of its 4",
      );
      expect([...((await store.keep('b')).read() as Int32Array)]).toEqual([7]);
      await expect(store.keep('c')).rejects.toThrow("'c' is not in the file");
      await store.close();
    }
  });

  it('survives any damage: an error or a file whose tensors can be read, and no byte read twice', async () => {
    const healthy = await encodeSafetensors(
      { 'blocks.0.weight': tf.ones([3, 5]), ids: tf.tensor1d([1, 2], 'int32') },
      { metadata: { format: 'pt' } },
    );
    const change = fc.record({ at: fc.nat(healthy.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.nat(healthy.length),
        async (changes, cut) => {
          const bytes = healthy.slice(0, changes.length % 2 ? healthy.length : cut);
          for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
          const source = countedBytes(bytes);
          try {
            const store = await openSafetensors(source);
            for (const name of store.tensors.keys()) await store.readBytes(name);
          } catch (error) {
            expect((error as Error).message).toMatch(/^openSafetensors: this is no valid safetensors file: /);
          }
          expect(source.bytesRead).toBeLessThanOrEqual(source.size);
          expect(Object.keys(Object.prototype)).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('decodes every dtype', async () => {
    const numbers: [string, ArrayBufferView, number[]][] = [
      ['F64', Float64Array.of(0.1, -1e300), [0.1, -1e300]],
      ['F32', Float32Array.of(0.5, -0), [0.5, -0]],
      ['F16', Uint16Array.of(0x3c00, 0x0001, 0xfbff, 0x7c00), [1, 2 ** -24, -65504, Infinity]],
      ['BF16', Uint16Array.of(0x3f80, 0x0001, 0xff80), [1, 2 ** -133, -Infinity]],
      ['I8', Int8Array.of(-3), [-3]],
      ['U8', Uint8Array.of(200), [200]],
      ['BOOL', Uint8Array.of(0, 1, 5), [0, 1, 1]],
      ['I16', Int16Array.of(-300), [-300]],
      ['U16', Uint16Array.of(60000), [60000]],
      ['I32', Int32Array.of(-70000), [-70000]],
      ['U32', Uint32Array.of(4e9), [4e9]],
      ['I64', BigInt64Array.of(-5n), [-5]],
      ['U64', BigUint64Array.of(9n), [9]],
    ];
    for (const [dtype, array, values] of numbers) {
      const bytes = new Uint8Array(array.buffer);
      const header = { a: { dtype, shape: [values.length], data_offsets: [0, bytes.length] } };
      for (const pad of ['', ' ']) {
        const store = await openSafetensors(file(null, bytes, JSON.stringify(header) + pad));
        expect(Array.from((await store.read('a')) as Float32Array, Number)).toEqual(values);
      }
    }
  });
});

describeOnBackends('tensors', () => {
  it('come back as they were saved, from every kind of source', async () => {
    const path = join(folder, 'round.safetensors');
    const tensors = {
      'a.weight': tf.tensor2d([1, 2, 3.25, -1e30, 5, 1e-40], [2, 3]),
      scalar: tf.scalar(7),
      empty: tf.zeros([0, 3]),
      ids: tf.tensor1d([1, -2], 'int32'),
      mask: tf.tensor1d([1, 0], 'bool'),
      'é "\n': tf.tensor1d([1]),
    };
    await saveSafetensors(path, tensors, { metadata: { format: 'pt', note: 'ü' } });
    const bytes = new Uint8Array(readFileSync(path));
    const server = createServer((request, response) => {
      const [from, to] = /bytes=(\d+)-(\d+)/
        .exec(request.headers.range ?? '')!
        .slice(1)
        .map(Number);
      const part = bytes.slice(from, to + 1);
      response.writeHead(206, {
        'Content-Range': `bytes ${from}-${to}/${bytes.length}`,
        'Content-Length': part.length,
      });
      response.end(part);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    for (const source of [path, new Blob([bytes]), bytes, bytes.slice().buffer, url]) {
      const store = await openSafetensors(source);
      expect(Object.fromEntries(store.metadata)).toEqual({ format: 'pt', note: 'ü' });
      expect([...store.tensors.keys()]).toEqual(Object.keys(tensors));
      for (const [name, want] of Object.entries(tensors)) {
        const got = await store.readTensor(name);
        expect([got.dtype, got.shape]).toEqual([want.dtype, want.shape]);
        expectClose(got, want.dataSync(), 0);
        got.dispose();
      }
      await store.close();
    }
    server.closeAllConnections();
    server.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('are rounded to nearest, ties to even, where stored in 16 bits', async () => {
    const [values, halves, brains] = [
      [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 3 * 2 ** -25, 2 ** -14 - 2 ** -26, -0],
      [1, 1, 1 + 2 ** -9, 65504, Infinity, 0, 2 ** -23, 2 ** -14, -0],
      [1, 1, 1, 65536, 65536, 2 ** -25, 3 * 2 ** -25, 2 ** -14, -0],
    ];
    const a = tf.tensor1d([...values, Number.NaN]);
    for (const [dtype, want] of [
      ['F16', halves],
      ['BF16', brains],
    ] as const) {
      const store = await openSafetensors(await encodeSafetensors({ a }, { dtype }));
      expect(store.tensors.get('a')!.dtype).toBe(dtype);
      expectClose((await store.read('a')) as Float32Array, [...want, Number.NaN], 0);
    }
  });

  it('survive a second rounding unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.float32Array({ minLength: 1 }),
        fc.constantFrom('F16' as const, 'BF16' as const),
        async (x, dtype) => {
          const store = async (floats: Float32Array) => {
            const a = tf.tensor1d(floats);
            const stored = await openSafetensors(await encodeSafetensors({ a }, { dtype }));
            a.dispose();
            return (await stored.read('a')) as Float32Array;
          };
          const once = await store(x);
          expect(Array.from(await store(once))).toEqual(Array.from(once));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('may be made when their turn comes, and then are disposed', async () => {
    const lazy = { dtype: 'float32' as const, shape: [2], make: () => tf.tensor1d([1, 2]) };
    const store = await openSafetensors(await encodeSafetensors({ lazy }));
    expectClose((await store.read('lazy')) as Float32Array, [1, 2], 0);
  });

  it('leave an older file alone when something fails', async () => {
    const path = join(folder, 'old.safetensors');
    await saveSafetensors(path, { a: tf.tensor1d([1]) });
    const broken = {
      dtype: 'float32' as const,
      shape: [1],
      make: () => {
        throw new Error('no memory');
      },
    };
    await expect(saveSafetensors(path, { a: tf.tensor1d([2]), broken })).rejects.toThrow('no memory');
    await expect(saveSafetensors(path, { a: tf.tensor1d(['x']) })).rejects.toThrow(
      "saveSafetensors: 'a' is string",
    );
    await expect(saveSafetensors(path, {}, { dtype: 'F8' as 'F16' })).rejects.toThrow(
      "saveSafetensors: dtype is 'F8'",
    );
    const store = await openSafetensors(path);
    expectClose((await store.read('a')) as Float32Array, [1], 0);
    await store.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('of 64 bits become int32 where they fit', async () => {
    const bytes = new Uint8Array(BigInt64Array.of(-5n, 2n ** 40n).buffer);
    const info = (at: number) => ({ dtype: 'I64', shape: [1], data_offsets: [at, at + 8] });
    const store = await openSafetensors(file({ small: info(0), large: info(8) }, bytes));
    const small = await store.readTensor('small');
    expect([small.dtype, small.dataSync()[0]]).toEqual(['int32', -5]);
    small.dispose();
    await expect(store.readTensor('large')).rejects.toThrow(
      "readTensor: 'large' is I64 and holds 1099511627776",
    );
  });
});

describe('openSharded', () => {
  const shard = (name: string, value: number) => encodeSafetensors({ [name]: tf.scalar(value) });
  const index = (weight_map: unknown) =>
    new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map }));

  it('reads several files as one, each tensor from its own', async () => {
    const files: Record<string, Uint8Array> = {
      'x-1.safetensors': await shard('a', 1),
      'x-2.safetensors': await shard('b', 2),
    };
    const store = await openSharded(
      index({ a: 'x-1.safetensors', b: 'x-2.safetensors' }),
      (name) => files[name],
    );
    expect([...store.tensors.keys()]).toEqual(['a', 'b']);
    expect(Array.from((await store.read('b')) as Float32Array)).toEqual([2]);
    await expect(store.read('c')).rejects.toThrow("readTensor: 'c' is not in the file");
    await store.close();
  });

  it.each([
    '../x.safetensors',
    '/x.safetensors',
    '..\\x.safetensors',
    'a/b.safetensors',
    '.safetensors',
    'x.bin',
    5,
    null,
  ])('refuses the file name %s', async (name) => {
    await expect(openSharded(index({ a: name }), () => new Uint8Array())).rejects.toThrow(
      'openSharded: the index is not valid',
    );
  });

  it.each([
    ['[]', "no object 'weight_map'"],
    ['{', 'it is not JSON'],
    ['{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', 'occurs twice'],
  ])('refuses the index %s', async (text, message) => {
    await expect(openSharded(new TextEncoder().encode(text), () => new Uint8Array())).rejects.toThrow(
      message,
    );
  });

  it('says which tensor is not where the index says', async () => {
    const a = await shard('a', 1);
    await expect(openSharded(index({ b: 'x.safetensors' }), () => a)).rejects.toThrow(
      "openSharded: 'b' is not in 'x.safetensors'",
    );
    writeFileSync(join(folder, 'index.json'), index({ a: 'gone.safetensors' }));
    await expect(openSharded(join(folder, 'index.json'), (name) => join(folder, name))).rejects.toThrow(
      'cannot be opened',
    );
  });
});

describe('parseStrictJson', () => {
  const plain = (json: unknown): unknown =>
    json instanceof Map
      ? Object.fromEntries([...json].map(([key, value]) => [key, plain(value)]))
      : Array.isArray(json)
        ? json.map(plain)
        : json !== null && typeof json === 'object'
          ? Number((json as { text: string }).text)
          : json;

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        fc.pre(!text.includes('__proto__'));
        try {
          expect(plain(parseStrictJson(text))).toEqual(JSON.parse(text));
        } catch (error) {
          expect((error as Error).message).toContain('occurs twice');
        }
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) parseStrictJson(text);
        else expect(() => parseStrictJson(text)).toThrow(SyntaxError);
      }),
    );
    expect(() => parseStrictJson('['.repeat(100_000))).toThrow('too deeply nested');
  });
});
