import { readFileSync } from 'node:fs';
import { trainFromConfig } from '@evenkeel/trainer/config';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { adviceAfterDivergence } from './advice.js';
import { runConfigOf } from './run-config.js';
import { DEFAULTS, type Settings } from './settings.js';

const text = readFileSync(new URL('../page/ecclesiastes.txt', import.meta.url), 'utf8');
const wild: Settings = { ...DEFAULTS, learningRate: 10, steps: 80 };

async function lossAfter(settings: Settings): Promise<number> {
  const { model, metrics } = await trainFromConfig(runConfigOf(settings, text));
  model.dispose();
  return metrics.loss;
}

beforeAll(async () => {
  await tf.setBackend('wasm');
  await installWasmKernels();
});

describe('advice for a run that has diverged', () => {
  it('is needed', async () => {
    await expect(lossAfter(wild)).rejects.toThrow('the loss at step 72');
  });

  it.each(adviceAfterDivergence(wild))('lets it learn: $words', async ({ settings }) => {
    expect(await lossAfter({ ...wild, ...settings })).toBeLessThan(3);
  });

  it('never raises the learning rate, and adds no second constraint', () => {
    const capped = { ...DEFAULTS, learningRate: 0.0002, constraint: 'softCap' } as const;
    expect(adviceAfterDivergence(capped)).toEqual([
      { words: 'Lower the learning rate to 0.00002', settings: { learningRate: 0.00002 } },
    ]);
  });
});
