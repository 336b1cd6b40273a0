import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContextOptions, chromium, type Page } from 'playwright';
import { CHROMIUM_ARGUMENTS } from '../../../scripts/chromium-arguments.js';
import { type ReportOptions, writeReport } from '../src/report/report.js';

/** Chromium, and reports as files in it. */
export async function openReports() {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-pages-'));
  const browser = await chromium.launch({
    executablePath: process.env.EVENKEEL_CHROMIUM,
    args: CHROMIUM_ARGUMENTS,
  });
  const requests: string[] = [];
  const errors: string[] = [];
  let files = 0;
  return {
    /** Everything that pages have asked for beside themselves. */
    requests,
    /** Errors of scripts, and what the content security policy has stopped. */
    errors,
    async page(report: Omit<ReportOptions, 'path'>, options: BrowserContextOptions = {}): Promise<Page> {
      const path = join(folder, `report-${files++}.html`);
      await writeReport({ path, ...report });
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      const url = pathToFileURL(path).href;
      page.on('request', (request) => request.url() !== url && requests.push(request.url()));
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(url);
      return page;
    },
    async close(): Promise<void> {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}
