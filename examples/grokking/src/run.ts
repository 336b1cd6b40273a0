import { modularArithmetic, trainTestSplit } from '@evenkeel/data';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import type { Metrics } from './metrics.js';
import { Mlp } from './mlp.js';
import { RECIPES, type RecipeName } from './recipes.js';
import type { Setting } from './settings.js';
import { training } from './train.js';

/** One recipe in one setting. */
export interface Run {
  setting: Setting;
  recipe: RecipeName;
  backend: string;
}

/** Trains a run from its seed, yielding its metrics as they come. */
export async function* execute({ setting, recipe, backend }: Run): AsyncGenerator<Metrics> {
  await startBackend(backend, setting.fastKernels);
  const { modulus, operation, trainFraction, hidden, epochs, seed } = setting;
  const { train, test } = trainTestSplit(modularArithmetic({ modulus, operation }), { trainFraction, seed });
  const model = Mlp.random([2 * modulus, ...hidden, modulus], seed);
  const made = RECIPES[recipe](setting);
  try {
    yield* training({ model, recipe: made, train, test, epochs });
  } finally {
    made.optimizer.dispose();
    model.dispose();
  }
}

async function startBackend(backend: string, fastKernels: boolean): Promise<void> {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(backend).catch(() => false))) {
    throw new Error(
      `grokking: backend '${backend}' did not start, expected 'wasm' or 'cpu'. Try --backend wasm.`,
    );
  }
  if (backend === 'wasm' && fastKernels) await installWasmKernels();
}
