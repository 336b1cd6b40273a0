/** Where generation ends: token ids, and strings in the decoded text. */
export type Stop = number | string | readonly (number | string)[];

/** Turns the tokens generated so far into text. */
export type Decode = (tokens: number[]) => string;

/**
 * Holds tokens back while they may be the beginning of a stop string, so that none of it is ever shown.
 *
 * A token that ends one word and begins the stop string is not shown either: tokens are not cut.
 */
export class StopWatch {
  private readonly stopTokens: ReadonlySet<number>;
  private readonly stopStrings: readonly string[];
  private readonly tokens: number[] = [];
  /** Length of the text after each token. */
  private readonly textEnds: number[] = [];
  private shown = 0;

  /** @throws If a stop string came without `decode`, or is empty. */
  constructor(
    stop: Stop,
    private readonly decode?: Decode,
  ) {
    const all = typeof stop === 'number' || typeof stop === 'string' ? [stop] : stop;
    this.stopTokens = new Set(all.filter((one) => typeof one === 'number'));
    this.stopStrings = all.filter((one) => typeof one === 'string');
    if (this.stopStrings.includes('')) {
      throw new Error(`generate: stop contains '', expected text. It would stop before the first token.`);
    }
    if (this.stopStrings.length > 0 && !decode) {
      throw new Error(
        `generate: stop contains '${this.stopStrings[0]}' and decode did not come, expected a function from ` +
          `tokens to text. Pass decode, or stop at token ids.`,
      );
    }
  }

  /** Takes the next token. Returns those that can be shown now, and whether this is the end. */
  push(token: number): { show: number[]; done: boolean } {
    if (this.stopTokens.has(token)) return { show: this.flush(), done: true };
    this.tokens.push(token);
    if (this.stopStrings.length === 0) return { show: this.flush(), done: false };

    const text = this.decode!([...this.tokens]);
    this.textEnds.push(text.length);
    const found = this.stopStrings.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) return { show: this.showUntil(Math.min(...found)), done: true };
    const held = Math.max(...this.stopStrings.map((stop) => longestBeginningAtEnd(text, stop)));
    return { show: this.showUntil(text.length - held), done: false };
  }

  /** What was held back, when generation ends for another reason. */
  flush(): number[] {
    const show = this.tokens.slice(this.shown);
    this.shown = this.tokens.length;
    return show;
  }

  /** Tokens whose text ends at or before `position`. */
  private showUntil(position: number): number[] {
    const from = this.shown;
    while (this.shown < this.tokens.length && this.textEnds[this.shown] <= position) this.shown++;
    return this.tokens.slice(from, this.shown);
  }
}

/** How many characters at the end of `text` are the beginning of `stop`. */
function longestBeginningAtEnd(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
