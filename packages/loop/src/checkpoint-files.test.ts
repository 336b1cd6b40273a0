import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { type CheckpointFiles, checkpointFiles, type Snapshot, snapshotOf, train } from './index.js';

/** Takes a run on y = x w from `files`, or from the beginning, to a step. */
async function trainTo(steps: number, files?: CheckpointFiles) {
  const w = tf.variable(tf.tensor2d([[2], [-3]]), true, 'w');
  const optimizer = new TransformOptimizer(adamW({ learningRate: 0.1 }));
  let saved: CheckpointFiles = {};
  const store = {
    save: async (snapshot: Snapshot) => {
      saved = await checkpointFiles(snapshot);
    },
    load: async () => files && snapshotOf(files),
  };
  await train({
    model: { variables: [w], forward: (x: tf.Tensor2D) => tf.matMul(x, w as tf.Tensor2D) } as never,
    loss: (targets, outputs) => tf.mean(tf.square(tf.sub(targets as tf.Tensor, outputs as tf.Tensor))),
    optimizer,
    data: { batch: () => ({ inputs: tf.eye(2), targets: tf.ones([2, 1]) }) },
    steps,
    checkpoint: { store },
    resume: true,
  });
  const weights = Array.from(await w.data());
  optimizer.dispose();
  w.dispose();
  return { saved, weights };
}

describeOnBackends('a checkpoint as files in memory', () => {
  it('is gone on from bit for bit', async () => {
    const half = await trainTo(3);
    expect(Object.keys(half.saved).sort()).toEqual([
      'latest',
      'step-00000003/manifest.json',
      'step-00000003/optimizer.safetensors',
      'step-00000003/state.json',
      'step-00000003/weights.safetensors',
    ]);
    expect((await trainTo(6, half.saved)).weights).toEqual((await trainTo(6)).weights);
  });

  it('is what a directory holds, both ways', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'evenkeel-files-'));
    const { saved } = await trainTo(2);
    for (const [name, bytes] of Object.entries(saved)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), bytes);
    }
    const { CheckpointDirectory } = await import('./node/checkpoint-directory.js');
    const store = new CheckpointDirectory({ directory });
    const snapshot = (await store.load('latest'))!;
    expect(snapshot.state.step).toBe(2);
    await store.save({ ...snapshot, state: { ...snapshot.state, step: 7 } });
    const names = [
      'latest',
      ...['manifest.json', 'optimizer.safetensors', 'state.json', 'weights.safetensors'].map(
        (f) => `step-00000007/${f}`,
      ),
    ];
    const files = Object.fromEntries(
      names.map((name) => [name, new Uint8Array(readFileSync(join(directory, name)))]),
    );
    const back = await snapshotOf(files);
    expect(back.state.step).toBe(7);
    expect(Array.from(await back.weights[0].tensor.data())).toEqual(
      Array.from(await snapshot.weights[0].tensor.data()),
    );
    tf.dispose(
      [...snapshot.weights, ...snapshot.optimizer, ...back.weights, ...back.optimizer].map(
        ({ tensor }) => tensor,
      ),
    );
    rmSync(directory, { recursive: true });
  });

  it('is refused in sentences when it is damaged', async () => {
    const { saved } = await trainTo(2);
    const folder = 'step-00000002';
    const without = (name: string) =>
      Object.fromEntries(Object.entries(saved).filter(([path]) => path !== name));
    const { latest: _, ...unlisted } = saved;
    const snapshot = await snapshotOf(unlisted);
    expect(snapshot.state.step).toBe(2);
    tf.dispose([...snapshot.weights, ...snapshot.optimizer].map(({ tensor }) => tensor));
    await expect(snapshotOf({})).rejects.toThrow("checkpoint: there is no folder like 'step-00000500'");
    await expect(snapshotOf(without(`${folder}/optimizer.safetensors`))).rejects.toThrow(
      "checkpoint: 'step-00000002/optimizer.safetensors' is not there",
    );
    const cut = {
      ...saved,
      [`${folder}/weights.safetensors`]: saved[`${folder}/weights.safetensors`].slice(0, 20),
    };
    await expect(snapshotOf(cut)).rejects.toThrow("weights.safetensors' has 20 bytes, expected");
    const garbage = { ...saved, [`${folder}/state.json`]: new Uint8Array([1, 2]) };
    await expect(snapshotOf(garbage)).rejects.toThrow("state.json' has 2 bytes, expected");
    const flipped = saved[`${folder}/optimizer.safetensors`].slice();
    flipped[flipped.length - 1] ^= 1;
    await expect(snapshotOf({ ...saved, [`${folder}/optimizer.safetensors`]: flipped })).rejects.toThrow(
      /optimizer.safetensors' has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64} as in the manifest: it is damaged/,
    );
  });
});
