import type fc from 'fast-check';

/** An input: files by name, as a reader finds them in a folder. */
export type Files = Readonly<Record<string, Uint8Array>>;

/**
 * Something that reads what others have written. The property that is held against it: an input is read whole and right, or
 * refused by an error of ours.
 */
export interface Target<T> {
  readonly inputs: fc.Arbitrary<Files>;
  /** How the errors begin by which an input may be refused. */
  readonly refusal: RegExp;
  read(files: Files): T | Promise<T>;
  /** Uses what was read, and checks that it is the same once written and read again. Whatever this throws is a fault. */
  use(value: T): void | Promise<void>;
}

/** Several kinds of things are read; a list of targets does not care which. */
// biome-ignore lint/suspicious/noExplicitAny: what `read` gives, only the same target's `use` takes.
export type AnyTarget = Target<any>;

export const target = <T>(of: Target<T>): AnyTarget => of;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const jsonOf = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));
