import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { continueRun } from '../src/node/continue-run.js';
import { ARITHMETIC, exportedCsv, fileOf, Run, textOf } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.errors.splice(0)).toEqual([]));

const numbers = (rows: Record<string, string>[], column: string): number[] =>
  rows.flatMap((row) => (row[column] ? [Number(row[column])] : []));

describe('training in the page', () => {
  it.each(['wasm', 'webgl', 'webgpu'])('runs on %s: the loss falls, and all is measured', async (backend) => {
    const page = await lab.page('isolated');
    const run = new Run(page);
    await run.choose({ ...ARITHMETIC, 'Steps in all': '12', 'Learning rate': '0.02', 'Runs on': backend });
    await run.press('Start');
    await run.reaches('ended');
    expect(await run.step()).toBe(12);
    const rows = await exportedCsv(page);
    const losses = numbers(rows, 'loss');
    expect(losses.length).toBe(7);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
    for (const metric of ['accuracy', 'validationLoss', 'validationAccuracy', 'softmaxCollapse']) {
      expect(numbers(rows, metric).length, metric).toBeGreaterThan(0);
    }
    for (const metric of ['largestActivation', 'log10Lipschitz', 'spectralNorm/mlp/layers.0.weight']) {
      for (const value of numbers(rows, metric)) expect(value, metric).toBeGreaterThan(0);
      expect(numbers(rows, metric).length, metric).toBeGreaterThan(0);
    }
    await page.context().close();
  });

  it('uses our kernels in a cross-origin isolated page, and certifies, writes and exports', async () => {
    const page = await lab.page('isolated');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const run = new Run(page);
    await run.choose({ 'Steps in all': '40', 'Learning rate': '0.01' });
    await run.press('Start');
    await run.reaches('ended');
    expect(await textOf(run.card.locator('dl').last())).toMatch(/\d+ kernels of Evenkeel/);
    const rows = await exportedCsv(page);
    expect(numbers(rows, 'loss').at(-1)).toBeLessThan(0.9 * numbers(rows, 'loss')[0]);
    expect(numbers(rows, 'log10Lipschitz').length).toBeGreaterThan(1);
    await page.getByText(/Step 40/).waitFor();
    const written = await textOf(page.locator('.samples pre').first());
    expect(written.length).toBeGreaterThan(50);

    const chart = page.getByRole('img', { name: /^Loss\. A training [\d.]+ at step 40; A validation/ });
    await chart.waitFor();
    await page.getByRole('group').filter({ hasText: 'As a table' }).first().click();
    expect(await textOf(page.getByRole('table', { name: 'Loss, the last steps' }))).toContain('40');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export PNG' }).click();
    const { name, bytes } = await fileOf(await download);
    expect(name).toBe('evenkeel-lab.png');
    expect([...bytes.slice(1, 4)]).toEqual([...Buffer.from('PNG')]);
    expect(bytes.length).toBeGreaterThan(10_000);
    await page.context().close();
  });

  it('pauses at a step, saves it there, goes on in Node with the same numbers, and back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-round-trip-'));
    const page = await lab.page();
    const run = new Run(page);
    await run.choose({ 'Steps in all': '100000', Optimizer: 'muon', Constraint: 'softCap' });
    await run.press('Start');
    await run.passes(6);
    await run.press('Pause');
    await run.reaches('paused');
    const step = await run.step();
    const { name, bytes } = await run.save();
    expect(name).toBe(`evenkeel-run-a-step-${step}.zip`);
    expect((await run.save()).bytes).toEqual(bytes);
    expect(await run.card.getAttribute('data-state')).toBe('paused');
    expect(await run.step()).toBe(step);

    await run.press('Resume');
    await run.passes(step + 20);
    await run.press('Stop');
    await run.reaches('ended');
    const uninterrupted = await exportedCsv(page);

    const [there, back] = ['there.zip', 'back.zip'].map((file) => join(folder, file));
    writeFileSync(there, bytes);
    const { history } = await continueRun(there, { steps: step + 20, out: back });
    const compared = history.filter(({ step, loss }) => loss !== undefined && step % 10 === 0);
    expect(compared.length).toBeGreaterThan(1);
    for (const { step, loss } of compared) {
      const here = uninterrupted.find((row) => Number(row.step) === step)!;
      expect(Number(here.loss) / loss).toBeCloseTo(1, 5);
    }

    const other = new Run(page, 'B');
    await other.load('back.zip', readFileSync(back));
    await other.card.getByText(`A checkpoint of step ${step + 20} is loaded.`).waitFor();
    await other.choose({ 'Steps in all': String(step + 30) });
    await other.press('Continue');
    await other.reaches('ended');
    expect(await other.step()).toBe(step + 30);
    const rows = (await exportedCsv(page)).filter(({ run }) => run === 'B');
    expect(numbers(rows, 'step')[0]).toBe(1); // the curve from its beginning
    expect(numbers(rows, 'loss').at(-1)).toBeLessThan(numbers(rows, 'loss')[0]);
    rmSync(folder, { recursive: true });
    await page.context().close();
  });

  it('trains two runs side by side in workers, and the page stays awake', async () => {
    const page = await lab.page();
    const runs = [new Run(page, 'A'), new Run(page, 'B')];
    await runs[0].choose({ 'Steps in all': '40', Loss: 'stablemax', Optimizer: 'orthogonal-adamw' });
    await runs[1].choose({ 'Steps in all': '40' });
    await page.evaluate(() => {
      const seen = { gap: 0, turns: 0 };
      let last = performance.now();
      setInterval(() => {
        const now = performance.now();
        seen.gap = Math.max(seen.gap, now - last);
        seen.turns += 1;
        last = now;
      }, 10);
      Object.assign(window, { seen });
    });
    await page.getByRole('button', { name: 'Start both' }).click();
    await runs[0].passes(1);
    expect(page.workers()).toHaveLength(2);
    await Promise.all(runs.map((run) => run.reaches('ended')));
    const { gap, turns } = await page.evaluate(
      () => (window as never as { seen: { gap: number; turns: number } }).seen,
    );
    console.log(`longest pause of the page while two runs train: ${gap.toFixed(0)} ms (${turns} turns)`);
    // Asleep it would have had none.
    expect(turns).toBeGreaterThan(5);
    expect(page.workers()).toHaveLength(0);
    await page
      .getByRole('img', { name: /^Loss\. A training .*; A validation .*; B training .*; B validation/ })
      .waitFor();
    const rows = await exportedCsv(page);
    expect(new Set(rows.map(({ run }) => run))).toEqual(new Set(['A', 'B']));
    await page.context().close();
  });

  it('has asked for nothing outside', () => {
    const hosts = lab.requests.filter((url) => url.startsWith('http')).map((url) => new URL(url).hostname);
    expect(new Set(hosts)).toEqual(new Set(['127.0.0.1']));
    expect(hosts.length).toBeGreaterThan(10);
  });
});
