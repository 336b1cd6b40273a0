import { shown } from '../shown.js';

/** A `config.json` as parsed: nothing in it can be relied on. */
export type PublishedConfig = Readonly<Record<string, unknown>>;

/**
 * Reads fields of a config.json by name and says what is wrong with one, in a sentence.
 *
 * It remembers which fields were asked for, so that what nobody asked for can be told: see {@link unread}.
 */
export class Fields {
  private readonly asked = new Set<string>();
  private readonly objects = new Map<string, Fields>();

  constructor(
    private readonly config: PublishedConfig,
    private readonly file = 'config.json',
    private readonly where = 'GPT.load',
    private readonly path = '',
  ) {}

  /** Whether it is there and not null. */
  has(name: string): boolean {
    return this.isThere(name) && this.config[name] !== null;
  }

  /** Whether it is there, if only as null. */
  isThere(name: string): boolean {
    this.asked.add(name);
    return Object.hasOwn(this.config, name);
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

  /** A text or a list of them, as a list; nothing if the field is absent or null. */
  texts(name: string): string[] | undefined {
    if (!this.has(name)) return undefined;
    const value = this.config[name];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.every((item) => typeof item === 'string')) return list as string[];
    throw this.wrong(name, 'a text or a list of them');
  }

  /** A whole number or a list of them, as a list; nothing if the field is absent or null. */
  wholes(name: string): number[] | undefined {
    if (!this.has(name)) return undefined;
    const value = this.config[name];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.every((item) => Number.isSafeInteger(item))) return list as number[];
    throw this.wrong(name, 'a whole number or a list of them');
  }

  /** Numbers by name, or nothing if the field is absent or null. */
  numbers(name: string): Record<string, number> | undefined {
    const record = this.record(name);
    if (record === undefined) return undefined;
    if (Object.values(record).every(Number.isFinite)) return { ...record } as Record<string, number>;
    throw this.wrong(name, 'an object of numbers');
  }

  /** The fields of an object in it, or nothing if the field is absent or null. */
  object(name: string): Fields | undefined {
    if (!this.has(name)) return undefined;
    const value = this.config[name];
    if (typeof value !== 'object' || Array.isArray(value)) throw this.wrong(name, 'an object');
    const fields =
      this.objects.get(name) ??
      new Fields(value as PublishedConfig, this.file, this.where, `${this.path}${name}.`);
    this.objects.set(name, fields);
    return fields;
  }

  /** An object in it as it stands in the file, whose fields are then no longer unread. */
  record(name: string): PublishedConfig | undefined {
    const fields = this.object(name);
    this.objects.delete(name);
    return fields?.config;
  }

  /** The names of the fields that are objects or null, in the order of the file. */
  namesOfObjects(): string[] {
    return Object.keys(this.config).filter((name) => typeof this.config[name] === 'object');
  }

  /** @throws If the field has another value than those that change nothing. Null is as good as absent. */
  only(name: string, neutral: readonly unknown[], advice: string): void {
    if (!this.has(name)) return;
    const value = JSON.stringify(this.config[name]);
    if (neutral.some((allowed) => JSON.stringify(allowed) === value)) return;
    throw this.wrong(name, neutral.map(shown).join(' or ') || 'null', advice);
  }

  /** Names that are there and that nobody asked for. */
  rest(): string[] {
    return Object.keys(this.config).filter((name) => !this.asked.has(name));
  }

  /** Fields with a value, not null, that nobody asked for; those of objects as `rope_scaling.beta_fast`. */
  unread(): string[] {
    const own = this.rest().filter((name) => this.config[name] !== null);
    const nested = [...this.objects].flatMap(([name, fields]) =>
      fields.unread().map((inner) => `${name}.${inner}`),
    );
    return [...own, ...nested];
  }

  /** The error for a field whose value is not what it should be. */
  wrong(name: string, expected: string, advice = 'Download the file again.'): Error {
    const field = this.path + name;
    const came = Object.hasOwn(this.config, name) ? `${field} ${shown(this.config[name])}` : `no ${field}`;
    return new Error(`${this.where}: ${this.file} has ${came}, expected ${expected}. ${advice}`);
  }

  private value(name: string, fallback: unknown): unknown {
    return this.has(name) ? this.config[name] : fallback;
  }
}
