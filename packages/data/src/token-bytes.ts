/** How a token is stored: little-endian, 2 or 4 bytes. */
export type TokenDtype = 'uint16' | 'uint32';

export const bytesPerToken = (dtype: TokenDtype): 2 | 4 => (dtype === 'uint16' ? 2 : 4);

/** The smallest dtype for ids below `vocabSize`. */
export const dtypeFor = (vocabSize: number): TokenDtype => (vocabSize <= 2 ** 16 ? 'uint16' : 'uint32');

/** Tokens as they are stored, on every machine. */
export function packTokens(tokens: ArrayLike<number>, dtype: TokenDtype): Uint8Array {
  const width = bytesPerToken(dtype);
  const bytes = new Uint8Array(tokens.length * width);
  for (let i = 0, at = 0; i < tokens.length; i++) {
    const token = tokens[i];
    bytes[at++] = token;
    bytes[at++] = token >>> 8;
    if (width === 4) {
      bytes[at++] = token >>> 16;
      bytes[at++] = token >>> 24;
    }
  }
  return bytes;
}

/**
 * Reads stored tokens.
 *
 * @param into Where to write them, from index 0; ids beyond 2³¹ − 1 wrap around.
 * @returns The largest, as it is stored.
 */
export function unpackTokens(bytes: Uint8Array, dtype: TokenDtype, into: Int32Array): number {
  const width = bytesPerToken(dtype);
  let largest = 0;
  for (let i = 0, at = 0; at < bytes.length; i++, at += width) {
    let token = bytes[at] | (bytes[at + 1] << 8);
    if (width === 4) token = (token | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    if (token > largest) largest = token;
    into[i] = token;
  }
  return largest;
}
