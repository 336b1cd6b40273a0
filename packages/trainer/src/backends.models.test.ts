import { type CheckpointFiles, checkpointFiles, type Snapshot, snapshotOf } from '@evenkeel/loop';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { type RunConfigInput, trainFromConfig } from './config/index.js';

// On webgl and webgpu too (npm run test:browser): whole runs of a small network, whose numbers are those of the cpu backend.

const run: RunConfigInput = {
  model: { architecture: 'mlp', hidden: [6] },
  data: { kind: 'modularArithmetic', modulus: 5 },
  steps: 4,
  logEvery: 1,
  measure: { every: 2, certifyEvery: 4 },
  seed: 1,
};

async function historyOn(backend: string, config: RunConfigInput) {
  const before = tf.getBackend();
  await tf.setBackend(backend);
  const { model, history } = await trainFromConfig(config);
  model.dispose();
  await tf.setBackend(before);
  return history;
}

describeOnBackends('a run of a config', (backend) => {
  it.each<[string, RunConfigInput]>([
    [
      '⊥AdamW, StableMax and the hammer',
      { ...run, optimizer: 'adamw', orthograd: true, loss: 'stablemax', constraint: 'hammer' },
    ],
    ['GrokAdamW and the spectral cap', { ...run, optimizer: 'grokadamw', constraint: 'spectralCap' }],
    ['Muon and the soft cap', { ...run, optimizer: 'muon', constraint: 'softCap' }],
  ])('has the losses, norms and certificates of cpu: %s', async (_, config) => {
    const wanted = await historyOn('cpu', config);
    const got = await historyOn(backend, config);
    expect(got).toHaveLength(wanted.length);
    for (const metric of ['loss', 'validationLoss', 'log10Lipschitz', 'spectralNorm/mlp/layers.0.weight']) {
      const values = (records: typeof got) => records.flatMap((record) => record[metric] ?? []);
      expect(values(got).length, metric).toBeGreaterThan(0);
      expectClose(values(got), values(wanted), 1e-3);
    }
    expect(got.at(-1)!.loss).toBeLessThan(got[0].loss);
  });

  it('goes on from a checkpoint that was read asynchronously', async () => {
    let saved: CheckpointFiles | undefined;
    const store = {
      save: async (snapshot: Snapshot) => {
        saved = await checkpointFiles(snapshot);
      },
      load: async () => saved && snapshotOf(saved),
    };
    const losses: number[] = [];
    for (const steps of [2, 4]) {
      const { model, history } = await trainFromConfig(
        { ...run, steps },
        { checkpoint: { store }, resume: true },
      );
      losses.push(...history.flatMap(({ loss }) => loss ?? []));
      model.dispose();
    }
    expectClose(
      losses,
      (await historyOn(backend, run)).flatMap(({ loss }) => loss ?? []),
      1e-6,
    );
  });
});
