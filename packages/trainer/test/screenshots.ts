import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { exampleRuns } from './example-runs.js';
import { openReports } from './open-report.js';

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

// `npm run screenshots`: how a report looks. Its numbers are made up.
describe('pictures of a report', () => {
  it.each([
    { name: 'wide-light', colorScheme: 'light', width: 1280, height: 900 },
    { name: 'wide-dark', colorScheme: 'dark', width: 1280, height: 900 },
    { name: 'narrow-light', colorScheme: 'light', width: 390, height: 844 },
    { name: 'narrow-dark', colorScheme: 'dark', width: 390, height: 844 },
  ] as const)('$name', async ({ name, colorScheme, width, height }) => {
    mkdirSync(folder, { recursive: true });
    const reports = await openReports();
    const viewport = { width, height };
    const page = await reports.page(
      { runs: exampleRuns(4, 600), title: 'Four runs' },
      { colorScheme, viewport },
    );
    const chart = page.locator('svg.chart').first();
    if (width < 600) await chart.evaluate((svg) => svg.closest('figure')!.scrollIntoView());
    const box = (await chart.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.45, box.y + box.height / 2);
    await page.screenshot({ path: `${folder}report-${name}.png` });
    await reports.close();
  });
});
