import { describe, expect, it } from 'vitest';
import { configOf } from './config-of.js';

const state = (config: unknown, step = 10) => ({ config, step }) as Parameters<typeof configOf>[0];
const text = { data: { kind: 'text', file: 'book.txt' }, checkpoint: { directory: 'runs/a' }, steps: 10 };

describe('the config of a run that goes on', () => {
  it('has the steps that are wanted now, and no directory', () => {
    const data = { kind: 'modular-arithmetic' };
    expect(configOf(state({ ...text, data }), 20)).toEqual({ data, steps: 20 });
  });

  it('takes a text in the place of its file', () => {
    expect(configOf(state(text), 20, 'words')).toEqual({ data: { kind: 'text', text: 'words' }, steps: 20 });
  });

  it('is refused in sentences', () => {
    expect(() => configOf(state(text), 20)).toThrow("The run learns from the file 'book.txt'");
    expect(() => configOf(state(text), 10, 'words')).toThrow('The checkpoint is at step 10 already.');
    expect(() => configOf(state(undefined), 20)).toThrow('does not say how its run was set up');
    const tokens = { data: { kind: 'tokens', file: 'book.bin' } };
    expect(() => configOf(state(tokens), 20, 'words')).toThrow("the file 'book.bin'");
  });
});
