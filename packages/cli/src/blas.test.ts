import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBlas, uninstallBlas } from '@evenkeel/blas';
import { parseMetricLines } from '@evenkeel/trainer/node';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';

await tf.setBackend('wasm');
await installWasmKernels();
const blas = await installBlas();
const info = { name: blas.name, version: blas.version, kernel: blas.kernel };
uninstallBlas();
if (!blas.installed && process.env.EVENKEEL_REQUIRE_BLAS) throw new Error(blas.reason);

const root = mkdtempSync(join(tmpdir(), 'evenkeel-cli-blas-'));
const at = (name: string) => join(root, name);
afterAll(() => {
  uninstallBlas();
  uninstallWasmKernels();
  rmSync(root, { recursive: true, force: true });
});
afterEach(() => {
  delete process.env.EVENKEEL_BLAS;
});

const train = (name: string, steps: number, ...more: string[]) =>
  evenkeel(
    ...['train', '--data', 'modularArithmetic', '--data.modulus', '23', '--model', 'mlp'],
    ...['--model.hidden', '64', '--steps', `${steps}`, '--schedule', 'constant', '--out', at(name), ...more],
  );
const resume = (name: string, steps: number, ...more: string[]) =>
  evenkeel('resume', at(name), '--steps', `${steps}`, ...more);

const runFile = (name: string) => JSON.parse(readFileSync(join(at(name), 'run.json'), 'utf8'));
const weights = (name: string, step: number) =>
  readFileSync(join(at(name), 'checkpoints', `step-${`${step}`.padStart(8, '0')}`, 'weights.safetensors'));

const SAID = `products by ${blas.summary} (--no-blas: by wasm)\n`;

describe.skipIf(!blas.installed)('with a BLAS on the machine', () => {
  it('trains by it, and says so in a line, in run.json and with the metrics', async () => {
    const { code, errors } = await train('a', 4);
    expect(code).toBe(0);
    expect(errors).toContain(SAID);
    const expected = { ...info, threads: blas.threads };
    expect(runFile('a').backend).toEqual({ backend: 'wasm', kernels: true, blas: expected });
    const { systems } = parseMetricLines(readFileSync(join(at('a'), 'metrics.jsonl'), 'utf8'));
    expect(systems).toMatchObject([{ blas: expected }]);
    expect(readFileSync(join(at('a'), 'report.html'), 'utf8')).toContain(blas.name);
  });

  it('resumes bit for bit on what the run began with, and says it where that is not so', async () => {
    await train('whole', 8);
    await train('parts', 4);
    const same = await resume('parts', 8);
    expect(same.errors).not.toContain('not bit for bit');
    expect(weights('parts', 8)).toEqual(weights('whole', 8));

    const other = await resume('parts', 12, '--no-blas');
    expect(other.errors).toContain(
      `the run began on wasm with our kernels and ${blas.summary}; on wasm with our kernels it goes on within rounding`,
    );
    expect(other.errors).not.toContain(SAID);
    await resume('whole', 12);
    expect(weights('parts', 12)).not.toEqual(weights('whole', 12));
  });

  it('keeps without it a run that began without', async () => {
    await train('kernels', 4, '--no-blas');
    expect(runFile('kernels').backend).toEqual({ backend: 'wasm', kernels: true });
    expect((await resume('kernels', 6)).errors).not.toMatch('BLAS');
    expect((await resume('kernels', 8, '--blas')).errors).toContain('not bit for bit');
  });

  it('says it where the library of before is gone', async () => {
    await train('gone', 4);
    process.env.EVENKEEL_BLAS = at('nowhere.so');
    const { code, errors } = await resume('gone', 6);
    expect(code).toBe(0);
    expect(errors).toContain('on wasm with our kernels it goes on within rounding, not bit for bit');
  });

  it('gives each thread of a run one thread of the library', async () => {
    const { code, errors } = await train('threads', 4, '--workers', '2');
    expect(errors).not.toContain('failed');
    expect(code).toBe(0);
    expect(runFile('threads').backend.blas).toEqual({ ...info, threads: 1 });
  });

  it('refuses to mix runs with and without it in a sweep', async () => {
    const sweep = (...more: string[]) =>
      evenkeel(
        ...['sweep', '--data', 'modularArithmetic', '--data.modulus', '5', '--model', 'mlp', '--steps', '2'],
        ...['--out', at('sweep'), '--over', ...more],
      );
    expect((await sweep('seed=1', '--no-blas')).code).toBe(0);
    expect((await sweep('seed=1,2')).errors).toContain(
      `holds a run with another backend than this sweep's (it began on wasm with our kernels; this is wasm with our kernels and ${blas.summary})`,
    );
    expect((await sweep('seed=1,2', '--no-blas')).code).toBe(0);
  });

  it('doctor names it', async () => {
    const { out } = await evenkeel('doctor');
    expect(out).toContain(`BLAS: ${blas.summary} (${blas.file})`);
  });
});

describe('without a BLAS', () => {
  it('trains, and says nothing of it; doctor says what to install', async () => {
    process.env.EVENKEEL_BLAS = at('nowhere.so');
    const { code, errors } = await train('without', 4);
    expect(code).toBe(0);
    expect(errors).not.toMatch(/blas/i);
    expect(runFile('without').backend).toEqual({ backend: 'wasm', kernels: true });
    const { code: ended, out } = await evenkeel('doctor', '--json');
    const findings = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const finding = findings.find(({ name }) => name === 'BLAS');
    expect(finding).toMatchObject({ ok: null, advice: expect.stringContaining('EVENKEEL_BLAS') });
    expect(ended).toBe(0);
  });

  it.each([
    ['a name that is none', { name: 7 }],
    ['letters that do something to a terminal', { name: 'Open\u001b[2JBLAS' }],
    ['threads that are no number', { name: 'OpenBLAS', threads: 'all' }],
  ])('calls a run.json damaged that holds %s', async (_, wrong) => {
    process.env.EVENKEEL_BLAS = at('nowhere.so');
    await train('damaged', 2, '--overwrite');
    const file = runFile('damaged');
    const backend = { ...file.backend, blas: wrong };
    writeFileSync(join(at('damaged'), 'run.json'), JSON.stringify({ ...file, backend }));
    const { code, errors } = await resume('damaged', 4);
    expect(code).toBe(1);
    expect(errors).toContain('is damaged');
  });
});
