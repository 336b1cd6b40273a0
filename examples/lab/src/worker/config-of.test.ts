import { parseRunConfig } from '@evenkeel/trainer/config';
import { describe, expect, it } from 'vitest';
import { configOf } from './config-of.js';

const arithmetic = parseRunConfig({ data: { kind: 'modularArithmetic' }, steps: 10 });
const text = parseRunConfig({ data: { kind: 'text', file: 'book.txt' }, steps: 10 });

describe('the config of a run that goes on', () => {
  it('has the steps that are wanted now', () => {
    expect(configOf(arithmetic, 10, 20)).toEqual({ ...arithmetic, steps: 20 });
  });

  it('takes a text in the place of its file', () => {
    const { file: _, ...data } = text.data as { file?: string };
    expect(configOf(text, 10, 20, 'words')).toEqual({ ...text, data: { ...data, text: 'words' }, steps: 20 });
  });

  it('is refused in sentences', () => {
    expect(() => configOf(text, 10, 20)).toThrow("The run learns from the file 'book.txt'");
    expect(() => configOf(text, 10, 10, 'words')).toThrow('The checkpoint is at step 10 already.');
    const tokens = parseRunConfig({ data: { kind: 'tokens', file: 'book.bin' } });
    expect(() => configOf(tokens, 10, 20, 'words')).toThrow("the file 'book.bin'");
  });
});
