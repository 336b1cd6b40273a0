import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installProject, ownPackages, packPackages } from '@evenkeel/testing/packed-project';
import { type Browser, chromium } from 'playwright';
import { preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM_ARGUMENTS } from '../../../scripts/chromium-arguments.js';
import { bundlers } from './bundlers.js';
import { type Report, writePage } from './page.js';

// What a user's page gets: all packages, packed and installed, built for production by each bundler, run in Chromium.

const project = mkdtempSync(join(tmpdir(), 'evenkeel-bundlers-'));
const page = join(project, 'page');
const WASM = join(project, 'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out');
const TFJS = ['tfjs', 'tfjs-backend-wasm', 'tfjs-core', 'tfjs-layers'].map((name) => `@tensorflow/${name}`);

let browser: Browser;
let snippets: string[];
beforeAll(async () => {
  installProject(project, [...ownPackages().map(({ name }) => name), ...TFJS], packPackages(project));
  snippets = writePage(page);
  browser = await chromium.launch({
    executablePath: process.env.EVENKEEL_CHROMIUM,
    args: CHROMIUM_ARGUMENTS,
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(project, { recursive: true, force: true });
});

/** Opens a built page. @returns What its snippets have printed, and what nobody caught. */
async function run(folder: string): Promise<{ report: Report; errors: string[] }> {
  const server = await preview({
    ...{ configFile: false, root: folder, logLevel: 'error', build: { outDir: folder } },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const errors: string[] = [];
  const tab = await browser.newPage();
  try {
    const failed = new Promise<void>((resolve) =>
      tab.on('pageerror', (error) => {
        errors.push(error.message);
        resolve();
      }),
    );
    await tab.goto(server.resolvedUrls!.local[0]);
    await Promise.race([
      failed,
      tab.waitForFunction(() => 'report' in globalThis, undefined, { timeout: 0 }),
    ]);
    return { report: (await tab.evaluate('globalThis.report')) as Report, errors };
  } finally {
    await tab.close();
    await server.close();
  }
}

/** The loss that a snippet has printed last. */
const lossOf = (lines: readonly string[]): number => Number(/loss ([\d.e-]+)/.exec(lines.at(-1) ?? '')?.[1]);

describe.each(Object.entries(bundlers))('%s', (name, build) => {
  it('builds a page with every package, whose READMEs run there', async () => {
    const out = join(project, name);
    mkdirSync(out);
    await build(page, out);
    for (const file of readdirSync(WASM).filter((file) => file.endsWith('.wasm')))
      copyFileSync(join(WASM, file), join(out, file));

    const { report, errors } = await run(out);
    expect(errors).toEqual([]);
    expect(Object.keys(report)).toEqual(snippets);
    const { 'evenkeel 1': commandLine, ...others } = report;
    for (const [snippet, { lines, error }] of Object.entries(others)) {
      expect(error, snippet).toBeUndefined();
      expect(lines, snippet).not.toEqual([]);
    }
    // Guessing one of 23 classes has 3.14.
    expect(lossOf(report['@evenkeel/trainer 1'].lines)).toBeLessThan(3);
    expect(report['@evenkeel/mode-connectivity/plot'].lines[0]).toMatch(/^<svg[\s\S]*<path[\s\S]*train/);
    expect(commandLine.error).toContain('this is a page, expected Node');
    expect(report['@evenkeel/blas 1'].lines[0]).toContain('@evenkeel/blas works in Node');
  });
});
