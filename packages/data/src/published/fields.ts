import { show } from '../check.js';

/** Published files nest a few levels deep, not thousands. */
const MAX_PATH = 500;

/**
 * An object of a `tokenizer.json`, read field by field. What is read is checked, and what nobody has read is refused by `end`,
 * so that no setting is passed over in silence.
 */
export class Fields {
  private readonly unread: Set<string>;

  /** @throws If the value is no object. */
  constructor(
    private readonly where: string,
    /** Where it stands in the file, for errors. */
    readonly path: string,
    private readonly value: unknown,
  ) {
    if (path.length > MAX_PATH) throw this.error('', value, 'less deep a nesting');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error('', value, 'an object');
    }
    this.unread = new Set(Object.keys(value));
  }

  text(name: string, ifMissing?: string): string {
    return this.checked(name, ifMissing, (value) => typeof value === 'string', 'a text');
  }

  flag(name: string, ifMissing?: boolean): boolean {
    return this.checked(name, ifMissing, (value) => typeof value === 'boolean', 'true or false');
  }

  count(name: string, ifMissing?: number): number {
    return this.checked(name, ifMissing, isCount, 'a whole number ≥ 0');
  }

  /** One of some texts. */
  choice<T extends string>(name: string, choices: readonly T[], ifMissing?: T): T {
    const expected = `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`;
    return this.checked(name, ifMissing, (value) => choices.includes(value as T), expected);
  }

  list(name: string): readonly unknown[] {
    return this.checked<readonly unknown[]>(name, undefined, Array.isArray, 'a list');
  }

  object(name: string): Fields {
    return new Fields(this.where, `${this.path}.${name}`, this.take(name));
  }

  /** A value of any kind, which the caller checks; undefined if it is missing or null. */
  take(name: string): unknown {
    this.unread.delete(name);
    const fields = this.value as Record<string, unknown>;
    return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
  }

  /** Reads fields that change nothing here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.unread.delete(name);
  }

  /** @throws If a field has a value other than these, which mean that it does nothing. */
  without(names: readonly string[], idle: readonly unknown[] = [null, false, 0, '']): void {
    for (const name of names) {
      const value = this.take(name);
      if (value === undefined || idle.includes(value)) continue;
      throw this.error(`.${name}`, value, 'none, since it is not honoured here');
    }
  }

  /** @throws If there is a field that has not been read. */
  end(): void {
    const [name] = this.unread;
    if (name === undefined) return;
    throw this.error(
      `.${name}`,
      (this.value as Record<string, unknown>)[name],
      'no such field, since it is not known here',
    );
  }

  /** An error that says what stands at a place, and what was expected. */
  error(place: string, value: unknown, expected: string): Error {
    const shown = typeof value === 'string' && value.length > 60 ? `'${value.slice(0, 60)}…'` : show(value);
    return new Error(
      `${this.where}: tokenizer.json cannot be read: ${this.path}${place} is ${shown}, expected ${expected}. ` +
        'Take a file as transformers publishes it.',
    );
  }

  private checked<T>(
    name: string,
    ifMissing: T | undefined,
    isRight: (value: unknown) => boolean,
    expected: string,
  ): T {
    const value = this.take(name) ?? ifMissing;
    if (isRight(value)) return value as T;
    throw this.error(`.${name}`, value, expected);
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** The kind of a stage; undefined for one that is not there. */
export function stage(
  where: string,
  path: string,
  value: unknown,
): { type: string; fields: Fields } | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = new Fields(where, path, value);
  return { type: fields.text('type'), fields };
}

/** Numbers the elements of a list for errors: `pre_tokenizer.pretokenizers[1]`. */
export const elements = (
  fields: Fields,
  name: string,
): readonly (readonly [path: string, value: unknown])[] =>
  fields.list(name).map((value, i) => [`${fields.path}.${name}[${i}]`, value] as const);
