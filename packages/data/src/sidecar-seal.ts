import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import type { Sidecar } from './sidecar.js';

/** SHA-256 of all that a sidecar says, so that a bit that flips in it is found, as one in the `.bin` is. */
export function sealOf(sidecar: Sidecar): string {
  const { tokenizer, vocabSize, dtype, count, offset = 0 } = sidecar;
  const { sha256: tokens, documents = null, endOfText = null, vocabulary = null } = sidecar;
  const said = [tokenizer, vocabSize, dtype, count, offset, tokens, documents, endOfText, vocabulary];
  return bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(said))));
}

/** The text of a sidecar's file. */
export const sidecarText = (sidecar: Sidecar): string =>
  `${JSON.stringify({ ...sidecar, seal: sealOf(sidecar) }, null, 2)}\n`;
