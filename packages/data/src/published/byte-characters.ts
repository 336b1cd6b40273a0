/** The character that stands for each byte in byte-level vocabularies: itself where it can be seen, else one from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isSeen = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(isSeen ? byte : 0x100 + hidden++);
  });
})();

/** The byte that a character stands for. */
export const BYTES: ReadonlyMap<string, number> = new Map(BYTE_CHARACTERS.map((c, byte) => [c, byte]));
