import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ARITHMETIC, exportedCsv, Run, textOf } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
let page: Page;
let rows: Record<string, string>[];
beforeAll(async () => {
  lab = await openLab();
  page = await lab.page();
  const run = new Run(page);
  await run.choose({ ...ARITHMETIC, 'Steps in all': '40' });
  await run.press('Start');
  await run.reaches('ended');
  await loss()
    .getByRole('img', { name: /^Loss\. A training .* at step 40/ })
    .waitFor();
  rows = await exportedCsv(page);
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.errors.splice(0)).toEqual([]));

const chart = (title: string) =>
  page.locator('figure').filter({ has: page.getByRole('heading', { name: title, level: 3 }) });
const loss = () => chart('Loss');
const shownAt = (title: string) => textOf(chart(title).locator('.legend .at'));
const shownLoss = async () => Number(await textOf(loss().locator('.legend .value').first()));
const measuredAt = (step: number) => {
  const upTo = rows.filter((row) => Number(row.step) <= step && row.loss !== '');
  return Number(Number(upTo.at(-1)!.loss).toPrecision(4));
};
const stepOf = (words: string) => Number(/^step (\d+)$/.exec(words)![1]);

it('shows values where the pointer is, in all charts alike, and the last ones without it', async () => {
  expect(await shownAt('Loss')).toBe('step 40');
  expect(await shownLoss()).toBe(measuredAt(40));
  const plot = loss().getByRole('slider');
  const { width, height } = (await plot.boundingBox())!;
  await plot.hover({ position: { x: width / 4, y: height / 2 } });
  await expect.poll(() => shownAt('Loss')).not.toBe('step 40');
  const step = stepOf(await shownAt('Loss'));
  expect(await shownLoss()).toBe(measuredAt(step));
  expect(stepOf(await shownAt('Accuracy'))).toBe(step);
  await page.mouse.move(0, 0);
  await expect.poll(() => shownAt('Loss')).toBe('step 40');
});

it('moves from step to step by keyboard, and says the values', async () => {
  const plot = loss().getByRole('slider', { name: 'Loss, step' });
  await plot.focus();
  await page.keyboard.press('Home');
  expect(await shownAt('Loss')).toBe('step 1');
  await page.keyboard.press('ArrowRight');
  const step = stepOf(await shownAt('Loss'));
  expect(step).toBeGreaterThan(1);
  expect(await plot.getAttribute('aria-valuenow')).toBe(String(step));
  expect(await plot.getAttribute('aria-valuetext')).toContain(
    `step ${step}: A training ${measuredAt(step)}; A validation`,
  );
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  expect(await plot.getAttribute('aria-valuenow')).toBe('40');
  await page.keyboard.press('Escape');
  expect(await shownAt('Loss')).toBe('step 40');
});

it('explains dashes by drawing them, and hides a line', async () => {
  const styles = await loss()
    .locator('.legend .sample')
    .evaluateAll((samples) => samples.map((sample) => getComputedStyle(sample).borderTopStyle));
  expect(styles).toEqual(['solid', 'dashed']);
  const key = loss().getByRole('button', { name: 'A validation' });
  await key.click();
  expect(await key.getAttribute('aria-pressed')).toBe('false');
  await key.click();
  expect(await key.getAttribute('aria-pressed')).toBe('true');
});

it('is linear where that shows the loss, and logarithmic when asked', async () => {
  const scale = loss().getByRole('button', { name: 'Log scale of Loss' });
  const pixels = () =>
    loss()
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  expect(await scale.getAttribute('aria-pressed')).toBe('false');
  const linear = await pixels();
  await scale.click();
  expect(await scale.getAttribute('aria-pressed')).toBe('true');
  await expect.poll(pixels).not.toBe(linear);
  expect(
    await chart('Accuracy')
      .getByRole('button', { name: /^Log scale/ })
      .isVisible(),
  ).toBe(false);
});
