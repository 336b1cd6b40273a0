import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '@evenkeel/loop';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRun } from '../build-run.js';
import { plannedRun } from '../config/planned-run.js';
import { trainFromConfig } from '../train-from-config.js';
import { trainRun } from '../train-run.js';
import { withModel } from './opened-model.js';
import { isRun, readRun, tokenizerOf, writeRun } from './run-folder.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-run-folder-'));
const at = (...names: string[]) => join(root, ...names);
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(root, { recursive: true }));

const raw = (seed: number, steps = 4) => ({
  model: { architecture: 'mlp', hidden: [6] },
  data: { kind: 'modularArithmetic', modulus: 5 },
  optimizer: { name: 'adamw', learningRate: 0.01 },
  steps,
  seed,
});
const backend = { backend: 'cpu', kernels: false };
const weightsOf = (model: { variables: readonly tf.Variable[] }) =>
  model.variables.map((variable) => Array.from(variable.dataSync()));

/** Begins a run in a folder, as the command line does. */
async function begun(name: string, config: object) {
  const planned = await plannedRun({ ...config }, undefined, { out: at(name) });
  const parts = await buildRun(planned.config, { source: planned.source });
  const run = await writeRun(planned.directory, parts, backend);
  const result = await trainRun(parts, { run });
  const weights = weightsOf(parts.model);
  parts.model.dispose();
  await parts.close();
  return { ...result, weights, run };
}

it('goes into a folder that no other has, also if several begin at once', async () => {
  const { config } = await plannedRun(raw(1), undefined, { out: at('contested') });
  const parts = await Promise.all([1, 2, 3, 4].map((seed) => buildRun({ ...config, seed })));
  const written = await Promise.allSettled(parts.map((each) => writeRun(at('contested'), each, backend)));
  const names = written.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(names).toEqual([readRun(at('contested')).run]);
  for (const result of written) {
    if (result.status === 'rejected')
      expect(result.reason.message).toMatch(/holds a run already|is written by process/);
  }
  await expect(writeRun(at('contested'), parts[0], backend)).rejects.toThrow(
    'holds a run already, expected a folder without one',
  );
  for (const { model, close } of parts) {
    model.dispose();
    await close();
  }
});

describe('the folder of a run', () => {
  it('has the config in run.json alone, which gives the run its name', async () => {
    const { run } = await begun('one', raw(1));
    const stored = readRun(at('one'));
    expect(stored.run).toBe(run);
    expect(stored.config).toMatchObject({ seed: 1, checkpoint: { directory: at('one', 'checkpoints') } });
    const state = JSON.parse(readFileSync(at('one', 'checkpoints', 'step-00000004', 'state.json'), 'utf8'));
    expect(state.run).toBe(run);
    expect(JSON.stringify(state)).not.toMatch(/weightDecay|modular/);
    expect(await tokenizerOf(stored)).toBeUndefined();
    renameSync(at('one'), at('moved'));
    expect(readRun(at('moved'))).toMatchObject({
      run,
      config: { checkpoint: { directory: at('moved', 'checkpoints') } },
    });
  });

  it('holds a run that trainFromConfig and hand-written code repeat bit for bit', async () => {
    const { weights, history } = await begun('folder', raw(3, 6));
    const losses = history.map(({ loss }) => loss);
    const whole = await trainFromConfig(raw(3, 6) as never);
    expect(whole.history.map(({ loss }) => loss)).toEqual(losses);
    expect(weightsOf(whole.model)).toEqual(weights);
    whole.model.dispose();
    const { config } = readRun(at('folder'));
    const { model, data, loss, optimizer, callbacks, close } = await buildRun(config);
    const { history: byHand } = await train({
      ...{ model: model as { variables: tf.Variable[] }, data: data.train, loss, optimizer, callbacks },
      ...{ steps: 6, seed: 3 },
    });
    expect(byHand.map(({ loss }) => loss)).toEqual(losses);
    expect(weightsOf(model)).toEqual(weights);
    model.dispose();
    await close();
  });

  it('refuses checkpoints of another run, to go on from, to open and to learn on from', async () => {
    await begun('a', raw(1));
    await begun('b', { ...raw(1), optimizer: { name: 'adamw', learningRate: 0.02 } });
    cpSync(at('a'), at('mixed'), { recursive: true });
    cpSync(at('b', 'run.json'), at('mixed', 'run.json'));
    const stored = readRun(at('mixed'));
    const parts = await buildRun({ ...stored.config, steps: 8 });
    await expect(trainRun(parts, { run: stored.run, resume: true })).rejects.toThrow(
      'train: the checkpoint of step 4 is of another run',
    );
    parts.model.dispose();
    await parts.close();
    const refusal = `the checkpoint of step 4 in '${at('mixed')}`;
    await expect(withModel(at('mixed'), 'latest', async () => {})).rejects.toThrow(refusal);
    await expect(begun('on', { ...raw(1), model: { load: at('mixed') } })).rejects.toThrow(refusal);
    expect(isRun(at('on'))).toBe(false);
    await begun('on', { ...raw(1), model: { load: at('a') } });
    expect(readRun(at('on')).source).toEqual({ directory: at('a'), run: readRun(at('a')).run });
  });

  it('refuses a run.json that is damaged, or of a run begun with another version', async () => {
    const { run } = await begun('old', raw(1));
    expect(run).toHaveLength(64);
    const path = at('old', 'run.json');
    const { format: _, ...file } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(file));
    expect(() => readRun(at('old'))).toThrow(
      'was begun with another version of Evenkeel (format 1), expected',
    );
    for (const damaged of [
      '',
      '[]',
      '{"format":2}',
      '{"format":2,"config":{},"model":[],"backend":{}}',
      '{"form',
    ]) {
      writeFileSync(path, damaged);
      expect(() => readRun(at('old'))).toThrow('is damaged, expected what evenkeel train wrote');
    }
    for (const [place, changes] of Object.entries({
      tokenizer: { tokenizer: 7 },
      'model.mlp.widths.0': { model: { mlp: { widths: [-1, 2], activation: 'relu', bias: true, seed: 1 } } },
      'dataSha256.x': { dataSha256: { x: 1 } },
      'source.run': { source: { directory: 'a' } },
      'backend.kernels': { backend: { backend: 'cpu' } },
    })) {
      writeFileSync(path, JSON.stringify({ ...file, format: 3, ...changes }));
      expect(() => readRun(at('old')), place).toThrow(
        `is damaged at ${place}, expected what evenkeel train wrote`,
      );
    }
  });
});
