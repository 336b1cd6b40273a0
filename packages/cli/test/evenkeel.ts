import { stripVTControlCharacters } from 'node:util';
import { expect, vi } from 'vitest';
import { main } from '../src/main.js';

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs the command line in this process, and collects what it prints. */
export const evenkeel = (...args: string[]): Promise<Printed> => watched(() => {}, ...args);

/** Runs it where all must go well without a word of warning, and gives what it prints. */
export async function printed(...args: string[]): Promise<string> {
  const { code, out, errors } = await evenkeel(...args);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return out;
}

/** The same as {@link evenkeel}, with a look at each piece of what it prints for people. */
export async function watched(look: (piece: string) => void, ...args: string[]): Promise<Printed> {
  let [out, errors] = ['', ''];
  const write = (add: (text: string) => void) => (piece: string | Uint8Array) => {
    add(String(piece));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(
    write((piece) => {
      out += piece;
      look(piece);
    }) as never,
  );
  vi.spyOn(process.stderr, 'write').mockImplementation(
    write((piece) => {
      errors += piece;
    }) as never,
  );
  vi.spyOn(console, 'log').mockImplementation((line) => {
    out += `${line}\n`;
  });
  try {
    const code = await main(args);
    // With CI set, colours are on.
    return { code, out: stripVTControlCharacters(out), errors: stripVTControlCharacters(errors) };
  } finally {
    vi.restoreAllMocks();
  }
}

/** `--steps 2 --model.width 8` for { steps: 2, 'model.width': 8 }; true is a switch. */
export const flags = (values: Readonly<Record<string, string | number | true>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, ...(value === true ? [] : [`${value}`])]);
