import type { GPT } from '@evenkeel/gpt-model';
import { describeOnBackends } from '@evenkeel/testing';
import { expect, it } from 'vitest';
import { buildRun, parseRunConfig } from './config/index.js';

const text = 'to be or not to be '.repeat(20);
const contextOf = async (model: object, data: object = {}) => {
  const parts = await buildRun(parseRunConfig({ model, data: { kind: 'text', text, ...data } }));
  const { contextLength } = (parts.model as GPT).config;
  parts.model.dispose();
  await parts.close();
  return contextLength;
};

describeOnBackends('the context of a run', () => {
  it('is that of the preset, or as long as the rows that are wanted', async () => {
    expect(await contextOf({ preset: 'tiny' })).toBe(8);
    expect(await contextOf({ preset: 'tiny' }, { contextLength: 4 })).toBe(8);
    expect(await contextOf({ preset: 'tiny' }, { contextLength: 16 })).toBe(16);
  });

  it('is never shorter than a row', async () => {
    const error = 'data.contextLength is 16 and the context of the model 8, expected at most that';
    await expect(contextOf({ preset: 'tiny', contextLength: 8 }, { contextLength: 16 })).rejects.toThrow(
      error,
    );
    const size = { layers: 1, heads: 1, width: 4 };
    await expect(
      contextOf({ architecture: 'gpt2', contextLength: 8, ...size }, { contextLength: 16 }),
    ).rejects.toThrow(error);
  });
});
