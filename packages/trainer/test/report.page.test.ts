import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportRun } from '../src/report/report-run.js';
import { exampleRuns } from './example-runs.js';
import { openReports } from './open-report.js';

let reports: Awaited<ReturnType<typeof openReports>>;
beforeAll(async () => {
  reports = await openReports();
});
afterAll(() => reports.close());

const figure = (page: Page, title: string): Locator =>
  page.locator('figure', { has: page.getByRole('heading', { name: title, exact: true }) });

/** Puts the pointer over a share of a chart. */
async function hover(page: Page, chart: Locator, share: number): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await chart.boundingBox())!;
  await page.mouse.move(x + width * share, y + height * 0.5);
}

const shape = (chart: Locator) => chart.locator('.line').first().getAttribute('d');
const linesOf = (chart: Locator, run: number) => chart.locator(`.line.c${run}`).count();

describe('a report in a browser', () => {
  it('shows the values under the pointer, those that were measured', async () => {
    const runs = exampleRuns(2, 100);
    const page = await reports.page({ runs });
    const loss = figure(page, 'Norm of the gradient');
    await hover(page, loss.locator('svg.chart'), 0.5);
    const step = Number(/^step (\d+)$/.exec((await loss.locator('.values p').textContent())!)![1]);
    const names = await loss.locator('.values .name').allTextContents();
    const values = await loss.locator('.values b').allTextContents();
    expect(step).toBeGreaterThan(20);
    for (const { name, records } of runs) {
      const value = records.find((record) => record.step === step)!.gradientNorm;
      expect(Number(values[names.indexOf(name)]) / value).toBeCloseTo(1, 2);
    }
    expect(await loss.locator('.near').count()).toBe(2);
    await page.mouse.move(5, 5);
    expect(await loss.locator('.values').count()).toBe(0);
    await page.context().close();
  });

  it('is read by keyboard, and says what it reads', async () => {
    const page = await reports.page({ runs: exampleRuns(2, 100) });
    const chart = figure(page, 'Loss').locator('svg.chart');
    await chart.focus();
    await page.keyboard.press('Home');
    expect(await page.locator('#spoken').textContent()).toMatch(/^step 1\. rate 0\.003, seed 0, loss \d/);
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#spoken').textContent()).toMatch(/^step 2\./);
    await page.keyboard.press('End');
    expect(await page.locator('#spoken').textContent()).toMatch(/^step 100\. .*validation loss/);
    await page.keyboard.press('Escape');
    expect(await page.locator('.values').count()).toBe(0);
    await page.context().close();
  });

  it('smooths as far as the slider says, and back', async () => {
    const page = await reports.page({ runs: exampleRuns(1, 200) });
    const chart = figure(page, 'Update over weight').locator('svg.chart');
    const before = await shape(chart);
    const slider = page.getByLabel('Smoothing');
    const { x, y, width, height } = (await slider.boundingBox())!;
    await page.mouse.move(x + 5, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.9, y + height / 2, { steps: 5 });
    await page.mouse.up();
    expect(Number(await slider.inputValue())).toBeGreaterThan(70);
    expect(await page.locator('output').textContent()).toBe(`${await slider.inputValue()} %`);
    const after = await shape(chart);
    const travelled = (d: string) => {
      const heights = [...d.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, height]) => Number(height));
      return heights.slice(1).reduce((sum, height, i) => sum + Math.abs(height - heights[i]), 0);
    };
    expect(travelled(after!)).toBeLessThan(travelled(before!) / 3);
    expect(await chart.locator('.raw').count()).toBe(1);
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await shape(chart)).toBe(before);
    await page.context().close();
  });

  it('switches runs on and off, one or all, and shows which one is looked at', async () => {
    const page = await reports.page({ runs: exampleRuns(3, 100) });
    const chart = figure(page, 'Loss').locator('svg.chart');
    expect([await linesOf(chart, 0), await linesOf(chart, 1)]).toEqual([2, 2]);
    const second = page.getByRole('checkbox', { name: 'rate 0.003, seed 1' });
    await second.uncheck();
    expect([await linesOf(chart, 0), await linesOf(chart, 1)]).toEqual([2, 0]);
    await second.focus();
    await page.keyboard.press('Space');
    expect(await linesOf(chart, 1)).toBe(2);
    expect(await chart.locator('.c0.faded').count()).toBeGreaterThan(0);
    expect(await chart.locator('.c1.faded').count()).toBe(0);
    await page.getByRole('button', { name: 'No runs' }).click();
    expect(await chart.locator('.line').count()).toBe(0);
    expect(await second.isChecked()).toBe(false);
    await page.getByRole('button', { name: 'All runs' }).click();
    expect(await chart.locator('.line').count()).toBe(6);
    await page.context().close();
  });

  it('has an axis as one wants it', async () => {
    const page = await reports.page({ runs: exampleRuns(1, 100) });
    const chart = figure(page, 'Loss').locator('svg.chart');
    const ticks = () => chart.locator('.grid + .tick').allTextContents();
    const logarithmic = await ticks();
    expect(logarithmic).toEqual(expect.arrayContaining(['0.01', '0.1', '1']));
    await page.getByLabel('Axis').selectOption('linear');
    expect(await ticks()).toEqual(expect.arrayContaining(['0', '2', '4']));
    await page.getByLabel('Axis').selectOption('as fits each');
    expect(await ticks()).toEqual(logarithmic);
    await page.context().close();
  });

  it('has charts and tables without a script, the same as with one', async () => {
    const runs = exampleRuns(3, 100);
    const page = await reports.page({ runs });
    const still = await reports.page({ runs }, { javaScriptEnabled: false });
    const charts = page.locator('#charts svg.chart');
    expect(await charts.count()).toBeGreaterThan(8);
    await still.getByRole('row', { name: /rate 0.003, seed 1/ }).waitFor();
    expect(await still.locator('.controls, input').count()).toBe(0);
    expect(await still.locator('svg.chart .line').count()).toBe(
      await page.locator('svg.chart .line').count(),
    );
    expect(await still.locator('svg.chart').first().getAttribute('role')).toBe('img');
    await page.context().close();
    await still.context().close();
  });

  it('shows names, settings and texts of anybody as text', async () => {
    const evil = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>';
    const runs: ReportRun[] = exampleRuns(2, 30).map((run, i) => ({
      ...run,
      name: `${evil}${i}`,
      config: { note: evil + i, [evil]: i },
      samples: [{ step: 1, sample: evil }],
      records: run.records.map((record) => ({ ...record, [evil]: 1 })),
    }));
    const page = await reports.page({ runs, title: evil });
    const chart = page.locator('svg.chart').first();
    await hover(page, chart, 0.5);
    await page.locator('.values').first().waitFor();
    await chart.focus();
    await page.keyboard.press('End');
    expect(await page.title()).toBe(evil);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.values').textContent()).toContain(evil);
    await page.context().close();
  });

  it('stays usable with twelve runs of 20,000 records', async () => {
    const page = await reports.page({ runs: exampleRuns(12, 20_000) });
    const chart = figure(page, 'Loss').locator('svg.chart');
    await hover(page, chart, 0.3);
    expect(await page.locator('.values li').count()).toBe(12);
    expect(await page.locator('.values').textContent()).toContain('and 12 more');
    await page.getByRole('button', { name: 'No runs' }).click();
    await page.getByRole('checkbox').nth(11).check();
    expect(await chart.locator('.line').count()).toBe(2);
    expect(await chart.locator('.band').count()).toBe(2);
    await page.context().close();
  });

  it('has asked for nothing, and nothing has gone wrong', () => {
    expect(reports.requests).toEqual([]);
    expect(reports.errors).toEqual([]);
  });
});

describe('on a narrow page', () => {
  it('nothing is wider than the page but tables, which scroll', async () => {
    const page = await reports.page({ runs: exampleRuns(12, 50) }, { viewport: { width: 390, height: 844 } });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.context().close();
  });
});
