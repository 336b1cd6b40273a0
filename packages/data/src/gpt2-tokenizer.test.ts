import { gpt2Tokenizer } from '@evenkeel/data';
import { expect, it, vi } from 'vitest';

vi.mock('gpt-tokenizer/bpeRanks/r50k_base', () => {
  throw new Error('Cannot find package');
});

it('gpt2Tokenizer says what to install where gpt-tokenizer is missing', async () => {
  await expect(gpt2Tokenizer()).rejects.toThrow(
    'gpt2Tokenizer: the package gpt-tokenizer could not be loaded, expected it to be installed. Try npm install gpt-tokenizer',
  );
});
