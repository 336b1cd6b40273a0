/** A `config.json` as parsed: nothing in it can be relied on. */
export type PublishedConfig = Readonly<Record<string, unknown>>;

/** Reads fields of a config.json by name and says what is wrong with one, in a sentence. */
export class Fields {
  constructor(
    private readonly config: PublishedConfig,
    private readonly what = 'config.json',
  ) {}

  /** Whether it is there and not null. */
  has(name: string): boolean {
    return Object.hasOwn(this.config, name) && this.config[name] !== null;
  }

  whole(name: string, fallback?: number): number {
    const value = this.value(name, fallback);
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    throw this.wrong(name, 'a whole number ≥ 1');
  }

  number(name: string, fallback?: number): number {
    const value = this.value(name, fallback);
    if (Number.isFinite(value)) return value as number;
    throw this.wrong(name, 'a finite number');
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name, fallback);
    if (typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false');
  }

  text(name: string, fallback?: string): string {
    const value = this.value(name, fallback);
    if (typeof value === 'string') return value;
    throw this.wrong(name, 'a text');
  }

  /** The fields of an object in it, or nothing. */
  object(name: string): Fields | undefined {
    if (!this.has(name)) return undefined;
    const value = this.config[name];
    if (typeof value === 'object' && !Array.isArray(value))
      return new Fields(value as PublishedConfig, `${this.what}, ${name}`);
    throw this.wrong(name, 'an object');
  }

  /** @throws If the field has another value than the only one that is supported. */
  only(name: string, supported: boolean | number | string, advice: string): void {
    if (!this.has(name) || this.config[name] === supported) return;
    throw new Error(
      `GPT.load: ${this.what} has ${name} ${this.show(name)}, expected ${String(supported)}. ${advice}`,
    );
  }

  private value(name: string, fallback: unknown): unknown {
    return this.has(name) ? this.config[name] : fallback;
  }

  private wrong(name: string, expected: string): Error {
    return new Error(
      `GPT.load: ${this.what} has ${this.has(name) ? `${name} ${this.show(name)}` : `no ${name}`}, expected ${expected}. ` +
        `Download the file again.`,
    );
  }

  private show(name: string): string {
    return JSON.stringify(this.config[name])?.slice(0, 80) ?? 'undefined';
  }
}
