import { openSafetensors, openSharded, type TensorStore } from '@evenkeel/safetensors';
import { edited } from '../edits.js';
import { bytesOf, type Files, target } from '../target.js';

/** Begins as a safetensors file does, whoever wrote it. */
function fileOf(
  tensors: Readonly<Record<string, [dtype: string, shape: number[], bytes: number]>>,
): Uint8Array {
  let at = 0;
  const infos = Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => {
    at += bytes;
    return [name, { dtype, shape, data_offsets: [at - bytes, at] }];
  });
  const header = bytesOf(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(infos) }));
  const file = new Uint8Array(8 + header.length + at).map((_, i) => (i * 37) % 251);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

const refusal = /^(openSafetensors: .* is no valid safetensors file|openSharded|readTensor): /;

/** What was read, written again by a header and bytes alone, is the same. */
async function useStore(store: TensorStore): Promise<void> {
  const tensors = new Map<string, Uint8Array>();
  for (const [name, { byteLength, dtype }] of store.tensors) {
    const bytes = await store.readBytes(name);
    if (bytes.length !== byteLength) throw new Error(`useStore: '${name}' has ${bytes.length} bytes.`);
    if (!dtype.startsWith('F8')) await store.read(name);
    tensors.set(name, bytes);
  }
  let at = 0;
  const infos = [...store.tensors].map(([name, { dtype, shape, byteLength }]) => {
    at += byteLength;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at - byteLength, at] })}`;
  });
  const header = bytesOf(`{${infos.join()}}`);
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  const again = await openSafetensors(new Blob([length, header, ...tensors.values()] as BlobPart[]));
  for (const [name, bytes] of tensors) {
    if (Buffer.compare(await again.readBytes(name), bytes) !== 0) {
      throw new Error(`useStore: '${name}' is not the same once written and read again.`);
    }
  }
}

export const safetensors = target<TensorStore>({
  inputs: edited([
    { 'model.safetensors': fileOf({ a: ['F32', [2, 3], 24], b: ['BF16', [4], 8], c: ['I64', [], 8] }) },
    { 'model.safetensors': fileOf({ a: ['F16', [3], 6], b: ['BOOL', [5], 5], c: ['F64', [0, 7], 0] }) },
    { 'model.safetensors': fileOf({ e: ['F8_E4M3', [3], 3], u: ['U8', [1, 1, 1], 1], i: ['I32', [2], 8] }) },
  ]),
  refusal,
  read: (files) => openSafetensors(files['model.safetensors']),
  use: useStore,
});

const INDEX = 'model.safetensors.index.json';
const shards: Files = {
  [INDEX]: bytesOf(
    JSON.stringify({
      metadata: { total_size: 32 },
      weight_map: { a: 'one.safetensors', b: 'two.safetensors' },
    }),
  ),
  'one.safetensors': fileOf({ a: ['F32', [2, 3], 24] }),
  'two.safetensors': fileOf({ b: ['BF16', [4], 8] }),
};

export const sharded = target<TensorStore>({
  inputs: edited([shards]),
  refusal,
  read: (files) =>
    openSharded(files[INDEX], (name) => {
      if (Object.hasOwn(files, name)) return files[name];
      throw new Error(`openSharded: '${name}' is not there.`);
    }),
  use: useStore,
});
