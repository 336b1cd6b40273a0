import { modularArithmetic, trainTestSplit } from '@evenkeel/data';
import { startWasm } from '@evenkeel/example-common/start-backend';
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
  /** Whether the machine's BLAS computes products where there is one: with our kernels on wasm. */
  blas: boolean;
}

/** Trains a run from its seed on the backend that is started, yielding its metrics as they come. */
export async function* execute({ setting, recipe }: Run): AsyncGenerator<Metrics> {
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

/**
 * Starts the backend of a run.
 *
 * @returns What computes, in words: how far a softmax collapses hangs on its last digit.
 */
export async function startEngine({ backend, setting, blas }: Run): Promise<string> {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(backend).catch(() => false))) {
    throw new Error(
      `grokking: backend '${backend}' did not start, expected 'wasm' or 'cpu'. Try --backend wasm.`,
    );
  }
  if (backend !== 'wasm') return `tfjs ${backend}`;
  if (!setting.fastKernels) return "tfjs wasm with tfjs's own kernels";
  const library = await startWasm({ blas, threads: 1 }); // each run has a processor of its own
  return `tfjs wasm with Evenkeel's kernels${library ? ` and ${library}` : ''}`;
}
