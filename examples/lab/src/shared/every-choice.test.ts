import { trainFromConfig } from '@evenkeel/trainer/config';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { CHOICES } from '../page/choices.js';
import { runConfigOf } from './run-config.js';
import { DEFAULTS, LEARNING_RATES, type Settings, STRENGTHS } from './settings.js';

const text = 'The sun also ariseth, and the sun goeth down, and hasteth to his place. '.repeat(10);

beforeAll(async () => {
  await tf.setBackend('wasm');
  await installWasmKernels();
});

const one = (name: 'loss' | 'optimizer' | 'constraint' | 'model') =>
  Object.keys(CHOICES[name]).map((choice) => ({ [name]: choice }));
const arithmetic = { task: 'modularArithmetic', modulus: 11 };
const choices = [
  ...[...one('loss'), ...one('optimizer'), ...one('constraint')],
  ...one('model').map((choice) => ({ ...arithmetic, ...choice })),
  ...one('model').filter(({ model }) => model !== 'mlp'),
] as Partial<Settings>[];

it.each(choices)('trains with %o, and its loss falls', async (choice) => {
  const settings = { ...DEFAULTS, batchSize: 32, steps: 16, ...choice };
  const learningRate = LEARNING_RATES[settings.optimizer];
  const strength = STRENGTHS[settings.constraint] ?? 1;
  const config = runConfigOf({ ...settings, learningRate, strength }, text);
  const { history, model } = await trainFromConfig(config);
  model.dispose();
  const losses = history.flatMap(({ loss }) => loss ?? []);
  expect(losses.at(-1)).toBeLessThan(losses[0]);
  expect(history.at(-1)).toMatchObject({
    validationLoss: expect.any(Number),
    validationAccuracy: expect.any(Number),
  });
});
