// Saves one checkpoint after another, as fast as it can, until it is killed: `saving-child.ts DIRECTORY FIRST_STEP`.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { RunState } from '../src/checkpoint.js';
import { CheckpointDirectory } from '../src/node/checkpoint-directory.js';

const [directory, first] = process.argv.slice(2);
const store = new CheckpointDirectory({ directory, keep: 2 });

/** What a checkpoint needs of a tensor: 64 KiB, all of one value, without a backend. */
const filled = (value: number) =>
  ({
    dtype: 'float32',
    shape: [128, 128],
    data: async () => new Float32Array(16384).fill(value),
  }) as unknown as Tensor;

async function save(step: number): Promise<void> {
  const tensors = ['a', 'b', 'c'].map((name) => ({ name, tensor: filled(step) }));
  const state: RunState = {
    step,
    seed: 0,
    seconds: 0,
    data: { drawn: step },
    metrics: { loss: 1 / step },
    metricSteps: { loss: step },
    callbacks: {},
    learningRateScale: 1,
    rollbacks: 0,
    firstLosses: [1],
    best: { metric: 'loss', mode: 'min', value: 1 / step, step },
  };
  await store.save({ weights: tensors, optimizer: tensors, state });
  process.stdout.write(`${step}\n`);
  return save(step + 1);
}

void save(Number(first));
