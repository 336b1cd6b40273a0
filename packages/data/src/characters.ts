/** Whether the code units before and at `at` are one character. */
export const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** Which characters (Unicode code points) texts have. */
export class CharacterSet {
  private readonly seen = new Uint8Array(0x110000);

  /** Takes whole characters. */
  add(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      this.seen[codePoint] = 1;
      if (codePoint > 0xffff) i++;
    }
  }

  /** In the order of their code points, which is that of nanoGPT's `sorted(set(text))`. */
  sorted(): string[] {
    const characters: string[] = [];
    this.seen.forEach((isThere, codePoint) => {
      if (isThere) characters.push(String.fromCodePoint(codePoint));
    });
    return characters;
  }
}
