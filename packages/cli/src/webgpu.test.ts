import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findWebgpu } from '@evenkeel/testing/webgpu';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, flags, watched } from '../test/evenkeel.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-webgpu-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gpt = flags({
  ...{ text: at('text.txt'), optimizer: 'adamw', logEvery: 1, 'data.batchSize': 2 },
  ...{ 'model.layers': 2, 'model.width': 64, 'model.heads': 2, 'model.contextLength': 8 },
});

const losses = (run: string): number[] =>
  readFileSync(at(`${run}/metrics.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line).loss ?? []);

const adapter = await findWebgpu();

describe.skipIf(!adapter)('--backend webgpu', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    writeFileSync(at('text.txt'), 'sphinx of black quartz, judge my vow. '.repeat(20));
    for (const backend of ['wasm', 'webgpu']) {
      const out = ['--out', at(backend)];
      const begun = await evenkeel('train', ...gpt, '--backend', backend, '--steps', '2', ...out);
      const resumed = await evenkeel('resume', at(backend), '--steps', '3');
      expect([begun.code, resumed.code], begun.errors + resumed.errors).toEqual([0, 0]);
    }
  }, 600_000);
  afterAll(async () => {
    tf.removeBackend('webgpu');
    await tf.setBackend('cpu');
  });

  it('trains a GPT with the losses of wasm to six digits, over a checkpoint', () => {
    expect(losses('webgpu')).toHaveLength(3);
    const digits = (run: string) => losses(run).map((loss) => loss.toPrecision(6));
    expect(digits('webgpu')).toEqual(digits('wasm'));
  });

  it('generates, evaluates and certifies', async () => {
    const backend = ['--backend', 'webgpu', '--json'];
    const written = await evenkeel(
      'generate',
      at('webgpu'),
      'sph',
      '--max-tokens',
      '2',
      '--seed',
      '1',
      ...backend,
    );
    expect(written.code, written.errors).toBe(0);
    const evaluate = async (...more: string[]) =>
      JSON.parse((await evenkeel('evaluate', at('webgpu'), '--batches', '1', '--json', ...more)).out);
    const [here, there] = [await evaluate('--backend', 'webgpu'), await evaluate()];
    expect(here.validation.loss).toBeCloseTo(there.validation.loss, 5);
    const certified = await evenkeel('certify', at('webgpu'), ...backend);
    expect(certified.code, certified.errors).toBe(0);
    expect(certified.errors).toContain('there is no search on webgpu');
    const { matrices } = JSON.parse((await evenkeel('certify', at('webgpu'), '--json')).out);
    expect(JSON.parse(certified.out).matrices).toEqual(matrices);
  });

  it('says what it computes on, and warns of a program', async () => {
    const { out, code } = await evenkeel('doctor');
    expect(code).toBe(0);
    expect(out).toContain(`backend webgpu: ${adapter!.name}`);
    if (adapter!.isSoftware) expect(out).toContain('a program and no GPU');
  });

  it('leaves nothing half-written where the GPU is lost, and goes on from the last checkpoint', async () => {
    const loseIt = () => (tf.backend() as unknown as { device: { destroy(): void } }).device.destroy();
    const lost = await watched(
      (piece) => piece.includes('"event":"metrics"') && loseIt(),
      ...['resume', at('webgpu'), '--steps', '6', '--json'],
    );
    expect(lost.code).toBe(1);
    expect(lost.errors).toContain('webgpu: the GPU was lost');
    expect(existsSync(at('webgpu/checkpoints/step-00000006'))).toBe(false);
    const { code, errors } = await evenkeel('resume', at('webgpu'), '--steps', '4');
    expect(code, errors).toBe(0);
  });

  it('takes one thread', async () => {
    const { code, errors } = await evenkeel(
      'train',
      ...gpt,
      '--workers',
      '2',
      '--backend',
      'webgpu',
      '--out',
      at('two'),
    );
    expect([code, existsSync(at('two'))]).toEqual([1, false]);
    expect(errors).toMatch(/workers is 2.*expected 1.*webgpu/);
  });
});
