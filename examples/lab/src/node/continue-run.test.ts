import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointFiles, checkpointFiles } from '@evenkeel/trainer';
import { buildRun, parseRunConfig, runFileText, trainRun } from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import { afterAll, expect, it } from 'vitest';
import { nameOfRun, packRun, unpackRun } from '../shared/run-archive.js';
import { runConfigOf } from '../shared/run-config.js';
import { DEFAULTS } from '../shared/settings.js';
import { continueRun } from './continue-run.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-continue-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the page's worker does: trains, and packs its last checkpoint. */
async function inThePage(steps: number) {
  await tf.setBackend('wasm');
  await installWasmKernels();
  const settings = { ...DEFAULTS, task: 'modularArithmetic', modulus: 7, model: 'mlp', steps } as const;
  const parts = await buildRun(parseRunConfig(runConfigOf(settings)));
  const description = runFileText(parts, { backend: { backend: 'wasm', kernels: true } });
  const run = nameOfRun(description);
  let files: CheckpointFiles = {};
  const store = {
    save: async (snapshot: Parameters<typeof checkpointFiles>[0]) => {
      files = await checkpointFiles(snapshot);
    },
    load: async () => undefined,
  };
  const { history } = await trainRun(parts, { run, checkpoint: { store } });
  parts.model.dispose();
  await parts.close();
  return { zip: packRun({ run: description, files, records: history, samples: [] }), history };
}

it('goes on with a run of the page, bit for bit, and says what it is in its run.json', async () => {
  const [there, back] = ['there.zip', 'back.zip'].map((name) => join(folder, name));
  const { zip } = await inThePage(20);
  writeFileSync(there, zip);
  const { history } = await continueRun(there, { steps: 40, out: back });
  const whole = await inThePage(40);
  const losses = (records: typeof history, from: number) =>
    records
      .filter(({ step, loss }) => step > from && step % 10 === 0 && loss !== undefined)
      .map(({ loss }) => loss);
  expect(losses(history, 20)).toEqual(losses(whole.history, 20));
  const [before, after] = [unpackRun(zip), unpackRun(readFileSync(back))];
  expect(after.run).toBe(before.run);
  expect(after.records.map(({ step }) => step)).toContain(20);
  expect(Object.keys(after.files)).toContain('step-00000040/state.json');
});

it('does not take the run.json of another run', async () => {
  const [one, other] = [unpackRun((await inThePage(4)).zip), unpackRun((await inThePage(5)).zip)];
  const mixed = join(folder, 'mixed.zip');
  writeFileSync(mixed, packRun({ ...one, run: other.run }));
  await expect(continueRun(mixed, { steps: 8, out: join(folder, 'never.zip') })).rejects.toThrow(
    'of another run',
  );
});
