import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CheckpointFiles, snapshotOf, type TrainResult } from '@evenkeel/trainer';
import { buildRun, trainRun } from '@evenkeel/trainer/config';
import { metricsFile, progress, readRun, tokenizerOf } from '@evenkeel/trainer/node';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { linesOf, packRun, unpackRun } from '../shared/run-archive.js';

/**
 * Goes on with a run of the page: unpacks its folder, trains from its newest checkpoint as any run of the trainer, and packs
 * it again.
 *
 * @param steps In all. Default twice those that were taken.
 * @throws If the file is damaged, or the run cannot go on.
 */
export async function continueRun(
  zip: string,
  { steps, out }: { steps?: number; out: string },
): Promise<TrainResult> {
  const archive = unpackRun(readFileSync(zip));
  await tf.setBackend('wasm');
  await installWasmKernels();
  const { weights, optimizer, state } = await snapshotOf(archive.files);
  tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-lab-'));
  const checkpoints = join(directory, 'checkpoints');
  const metrics = join(directory, 'metrics.jsonl');
  try {
    writeFileSync(join(directory, 'run.json'), archive.run);
    writeFileSync(metrics, archive.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    for (const [name, bytes] of Object.entries(archive.files)) write(checkpoints, name, bytes);
    const stored = readRun(directory);
    const { run } = stored;
    const parts = await buildRun(
      {
        ...stored.config,
        steps: steps ?? 2 * state.step,
        checkpoint: { directory: checkpoints, every: 500, keep: 1 },
      },
      { tokenizer: await tokenizerOf(stored), loadWeights: false },
    );
    try {
      const callbacks = [progress(), metricsFile({ path: metrics, run })];
      const result = await trainRun(parts, { run, resume: true, callbacks });
      const { records } = linesOf(new Uint8Array(readFileSync(metrics)));
      const { run: description, samples } = archive;
      writeFileSync(out, packRun({ run: description, files: newestIn(checkpoints), records, samples }));
      return result;
    } finally {
      parts.model.dispose();
      await parts.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Writes a file of a zip, unless its name leads out of the folder. */
function write(folder: string, name: string, bytes: Uint8Array): void {
  if (name.endsWith('/') || name.split('/').includes('..')) return;
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), bytes);
}

/** The files of the newest checkpoint. */
function newestIn(checkpoints: string): CheckpointFiles {
  const bytes = (name: string) => new Uint8Array(readFileSync(join(checkpoints, name)));
  const [folder] = readFileSync(join(checkpoints, 'latest'), 'utf8').split('\n');
  const names = ['latest', ...readdirSync(join(checkpoints, folder)).map((name) => `${folder}/${name}`)];
  return Object.fromEntries(names.map((name) => [name, bytes(name)]));
}
