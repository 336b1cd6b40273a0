import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { checkpointFiles, type Snapshot, snapshotOf } from '@evenkeel/loop';
import * as tf from '@tensorflow/tfjs';
import { edited } from '../edits.js';
import { bytesOf, type Files, target } from '../target.js';

const refusal = /^(checkpoint: |')/;

async function checkpointOf(step: number): Promise<Files> {
  const tensors = [tf.tensor2d([1, 2, 3, step], [2, 2]), tf.tensor1d([0.5, step]), tf.scalar(step, 'int32')];
  const [a, m, iterations] = tensors;
  const files = await checkpointFiles({
    weights: [{ name: 'a', tensor: a }],
    optimizer: [
      { name: 'iterations', tensor: iterations },
      { name: 'a|m', tensor: m },
    ],
    state: {
      ...{
        step,
        seed: 3,
        data: { drawn: 9, sha256: 'x' },
        seconds: 1.5,
        metrics: { loss: 0.25 },
        metricSteps: { loss: step },
      },
      ...{ callbacks: { earlyStop: { best: 1 } }, learningRateScale: 1, rollbacks: 0, firstLosses: [2, 1.5] },
      best: { metric: 'loss', mode: 'min', value: 0.25, step },
      run: 'f'.repeat(64),
    },
  });
  tf.dispose(tensors);
  return { ...files };
}

const seeds = [await checkpointOf(500), { ...(await checkpointOf(600)), ...(await checkpointOf(500)) }];
const originals = new Map(
  await Promise.all(
    [500, 600].map(async (step) => [step, contentOf(await snapshotOf(await checkpointOf(step)))] as const),
  ),
);

/** What a snapshot says, as plain values; its tensors are disposed. */
function contentOf({ weights, optimizer, state }: Snapshot): unknown {
  const plain = [weights, optimizer].map((list) =>
    list.map(({ name, tensor }) => [name, tensor.dtype, tensor.shape, [...tensor.dataSync()]]),
  );
  tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
  return [...plain, JSON.parse(JSON.stringify(state))]; // positions and callbacks may say anything, as JSON
}

/** Damage to any file of a checkpoint: what is read is what was written, or it is refused. */
export const checkpoint = target<Snapshot>({
  inputs: edited(seeds),
  refusal,
  read: snapshotOf,
  use(snapshot) {
    const { step } = snapshot.state;
    if (!isDeepStrictEqual(contentOf(snapshot), originals.get(step))) {
      throw new Error(`use: the checkpoint of step ${step} is not what was written.`);
    }
  },
});

/** Hashes that fit, as they do in a checkpoint that somebody has made on purpose. */
function sealed(files: Files): Files {
  const manifests = Object.keys(files).filter((path) => path.endsWith('/manifest.json'));
  const marks = manifests.map((path) => {
    const folder = path.slice(0, -'manifest.json'.length);
    const names = ['weights.safetensors', 'optimizer.safetensors', 'state.json'];
    const marks = names.map((name) => {
      const bytes = files[folder + name] ?? new Uint8Array();
      return [name, { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
    });
    return [path, bytesOf(JSON.stringify({ format: 1, files: Object.fromEntries(marks) }))];
  });
  return { ...files, ...Object.fromEntries(marks) };
}

/** A checkpoint that was made on purpose: it is refused, or is the same once written and read again. */
export const forgedCheckpoint = target<Snapshot>({
  inputs: edited([seeds[0]], sealed),
  refusal,
  read: snapshotOf,
  async use(snapshot) {
    const files = await checkpointFiles(snapshot);
    if (!isDeepStrictEqual(contentOf(snapshot), contentOf(await snapshotOf(files)))) {
      throw new Error('use: the checkpoint is not the same once written and read again.');
    }
  },
});
