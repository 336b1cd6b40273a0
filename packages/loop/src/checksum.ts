import { tensorsIn } from './batch.js';

/** A checksum of the tensors in a value: of their shapes, types and bytes, in their order. (FNV-1a, 32 bits) */
export async function checksumOf(value: unknown): Promise<number> {
  let hash = OFFSET;
  for (const tensor of tensorsIn(value)) {
    hash = withBytes(hash, new TextEncoder().encode(`${tensor.dtype}[${tensor.shape}]`));
    const data: unknown = await tensor.data();
    hash = withBytes(
      hash,
      ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new TextEncoder().encode(JSON.stringify(data)),
    );
  }
  return hash >>> 0;
}

const OFFSET = 0x811c9dc5;

function withBytes(hash: number, bytes: Uint8Array): number {
  let result = hash;
  for (const byte of bytes) result = Math.imul(result ^ byte, 0x01000193);
  return result;
}
