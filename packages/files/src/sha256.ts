import { nodeCrypto } from './node-modules.js';

/** A SHA-256 that grows with the bytes. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** @returns 64 hexadecimal digits. */
  hex(): string;
}

/** Node's, or one in JavaScript where there is none, which a page loads when it first hashes. */
export async function createSha256(): Promise<Sha256> {
  const crypto = await nodeCrypto();
  if (!crypto) return (await import('./portable-sha256.js')).portableSha256();
  const hash = crypto.createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}
