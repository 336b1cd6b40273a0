import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveRun } from '@evenkeel/trainer';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM_ARGUMENTS } from '../../../scripts/chromium-arguments.js';
import { serveReport } from '../src/live-report.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-live-page-'));
let browser: Browser;
beforeAll(async () => {
  const executablePath = process.env.EVENKEEL_CHROMIUM;
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const at = (step: number) => ({ step, steps: 100 }) as LiveRun;

describe('the page of a run that trains, in a browser', () => {
  it('goes on by itself, keeps what its reader has chosen, and says that the run has ended', async () => {
    const live = await serveReport(folder);
    const errors: string[] = [];
    const page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(live.url);
    await page.getByText('The run is being prepared.').waitFor();
    await live.callback.onStart!(at(0));

    const record = (step: number, more = {}) => {
      const line = { step, seconds: step, loss: 1 / step, ...more };
      appendFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(line)}\n`);
      live.callback.onMetrics!(line, at(step));
    };
    for (let step = 1; step <= 10; step++) record(step);
    await page.getByRole('heading', { name: 'Loss' }).waitFor();
    const line = page.locator('#chart-0 .line').first();
    const before = await line.getAttribute('d');

    await page.getByLabel('Smoothing').fill('80');
    const smoothed = await line.getAttribute('d');
    expect(smoothed).not.toBe(before);
    await page.getByText('All last numbers').click();
    const chart = page.locator('#chart-0 > svg');
    await chart.focus();
    await page.keyboard.press('End');

    for (let step = 11; step <= 20; step++) record(step, { validationLoss: 2 });
    await page.getByText('Training: step 20 of 100.').waitFor();
    await expect.poll(() => line.getAttribute('d')).not.toBe(smoothed);
    expect(await page.locator('#chart-0 .raw').count()).toBe(2); // still smoothed, and one line more
    expect(await page.getByText('Validation loss').first().isVisible()).toBe(true);
    expect(await page.locator('#run-0-numbers').getAttribute('open')).toBe('');
    await expect.poll(() => chart.evaluate((svg) => document.activeElement === svg)).toBe(true);

    await live.callback.onEnd!({ reason: 'steps', step: 20 }, at(20));
    await live.close();
    await page.getByText('The run has ended at step 20.').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  it('says that nobody answers any more where the program was killed', async () => {
    const live = await serveReport(folder);
    const page = await browser.newPage();
    await page.goto(live.url);
    await page.route('**/*', (route) => route.abort());
    await page.getByText('The run does not answer any more').waitFor({ timeout: 20_000 });
    await page.close();
    await live.close();
  });
});
