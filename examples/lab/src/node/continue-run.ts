import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { snapshotOf } from '@evenkeel/trainer';
import { type ConfiguredResult, type RunConfigInput, trainFromConfig } from '@evenkeel/trainer/config';
import { metricsFile, progress } from '@evenkeel/trainer/node';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { linesOf, packRun, unpackRun } from '../shared/run-archive.js';

/** What came of it. The model is freed. */
export type Continued = Pick<ConfiguredResult, 'step' | 'metrics' | 'history'>;

/**
 * Goes on with a run of the page: unpacks its directory, trains from its newest checkpoint as any run of the trainer, and
 * packs it again.
 *
 * @param steps In all. Default twice those that were taken.
 * @throws If the file is damaged, or the run cannot go on.
 */
export async function continueRun(
  zip: string,
  { steps, out }: { steps?: number; out: string },
): Promise<Continued> {
  const archive = unpackRun(readFileSync(zip));
  await tf.setBackend('wasm');
  await installWasmKernels();
  const { weights, optimizer, state } = await snapshotOf(archive.files);
  tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-lab-'));
  try {
    for (const [name, bytes] of Object.entries(archive.files)) {
      if (name.endsWith('/') || name.split('/').includes('..')) continue;
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), bytes);
    }
    const config: RunConfigInput = {
      ...(state.config as RunConfigInput),
      steps: steps ?? 2 * state.step,
      checkpoint: { directory, keep: 1 },
    };
    const metrics = metricsFile({ path: join(directory, 'metrics.jsonl') });
    const result = await trainFromConfig(config, { resume: true, callbacks: [progress(), metrics] });
    result.model.dispose();
    writeFileSync(out, packRun({ ...readRun(directory), samples: archive.samples }));
    return result;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The newest checkpoint of a run's directory, and its metrics. */
function readRun(directory: string) {
  const bytes = (name: string) => new Uint8Array(readFileSync(join(directory, name)));
  const [folder] = readFileSync(join(directory, 'latest'), 'utf8').split('\n');
  const names = ['latest', ...readdirSync(join(directory, folder)).map((name) => `${folder}/${name}`)];
  return {
    files: Object.fromEntries(names.map((name) => [name, bytes(name)])),
    records: linesOf(bytes('metrics.jsonl')).records,
  };
}
