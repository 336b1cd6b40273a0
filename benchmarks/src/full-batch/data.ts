import {
  bitInputs,
  type Examples,
  labelTensor,
  modularArithmetic,
  oneHotInputs,
  sparseParity,
  tokenSequences,
  trainTestSplit,
} from '@evenkeel/data';
import type * as tf from '@tensorflow/tfjs';
import type { Network, Task } from './settings.js';

/** A task as two batches. */
export interface FullBatches {
  train: { inputs: tf.Tensor; targets: tf.Tensor1D };
  test: { inputs: tf.Tensor; targets: tf.Tensor1D };
  examples: Examples;
}

/** The seed decides the split, and for parity which bits count. */
export function fullBatches(task: Task, network: Network, seed: number): FullBatches {
  const examples = examplesOf(task, seed);
  const { train, test } = trainTestSplit(examples, { trainFraction: task.trainFraction, seed });
  const inputs =
    network.kind === 'transformer' ? tokenSequences : task.kind === 'parity' ? bitInputs : oneHotInputs;
  const batch = (part: Examples) => ({ inputs: inputs(part), targets: labelTensor(part) });
  return { train: batch(train), test: batch(test), examples };
}

function examplesOf(task: Task, seed: number): Examples {
  if (task.kind === 'modular') return modularArithmetic({ modulus: task.modulus, operation: task.operation });
  const { bits, parityBits, examples } = task;
  return sparseParity({ bits, parityBits, examples, seed });
}
