import { afterEach, beforeEach, expect, it } from 'vitest';
import { surroundingsForTests } from '../recorded/surroundings-for-tests.js';
import { executeFullBatch } from './execute.js';
import type { LossName, Network, OptimizerName, Settings, Task } from './settings.js';

let surroundings: ReturnType<typeof surroundingsForTests>;
beforeEach(() => {
  surroundings = surroundingsForTests();
});
afterEach(() => surroundings.remove());

const MODULAR: Task = { kind: 'modular', operation: 'add', modulus: 7, trainFraction: 0.7 };
const PARITY: Task = { kind: 'parity', bits: 8, parityBits: 2, examples: 60, trainFraction: 0.5 };
const MLP: Network = { kind: 'mlp', hidden: [24] };
const TRANSFORMER: Network = { kind: 'transformer', layers: 1, heads: 2, width: 16 };

it.each<[Task, Network, LossName, OptimizerName]>([
  [MODULAR, MLP, 'softmax', 'adamw'],
  [MODULAR, MLP, 'softmax-float64', 'orthograd'],
  [MODULAR, TRANSFORMER, 'stablemax', 'grokadamw'],
  [PARITY, MLP, 'softmax', 'grokfast-ema'],
  [PARITY, MLP, 'stablemax', 'grokfast-ma'],
])(
  'learns its training examples: %o, %o, %s, %s',
  async (task, network, loss, optimizer) => {
    const settings: Settings = {
      ...{ task, network, loss, optimizer },
      learningRate: 0.02,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay: 0,
      epochs: 60,
      threshold: 2,
      stopsThere: false,
      kernels: 'evenkeel',
    };
    const measured = await executeFullBatch({ settings, seed: 1 }, surroundings);
    expect(measured.finalTrainLoss).toBeLessThan(0.95 * measured.curves.trainLoss.values[0]);
    expect(measured.generalisedAt).toBeNull();
    expect(measured.curves.testAccuracy.steps).toEqual([10, 20, 30, 40, 50, 60]);
    expect(measured.finalTestAccuracy).toBe(measured.curves.testAccuracy.values.at(-1));
  },
  30_000,
);
