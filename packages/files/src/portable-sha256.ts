import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';

/** In JavaScript: pages can otherwise only hash what they hold whole. */
export function portableSha256() {
  const hash = sha256.create();
  return { update: (bytes: Uint8Array) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
}
