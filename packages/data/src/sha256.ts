import { nodeCrypto } from '@evenkeel/files';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';

/** A SHA-256 that grows with the bytes. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** @returns 64 hexadecimal digits. */
  hex(): string;
}

/** Node's, or one in JavaScript where there is none: pages can only hash what they hold whole. */
export async function createSha256(): Promise<Sha256> {
  const crypto = await nodeCrypto();
  if (!crypto) return portableSha256();
  const hash = crypto.createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

export function portableSha256(): Sha256 {
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
}

/** Of whole numbers, at once. */
export function sha256OfNumbers(arrays: Iterable<Int32Array>): string {
  const hash = portableSha256();
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.hex();
}
