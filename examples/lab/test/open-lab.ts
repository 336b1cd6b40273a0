import { type BrowserContextOptions, chromium, type Page } from 'playwright';
import { inject } from 'vitest';
import { CHROMIUM_ARGUMENTS } from '../../../scripts/chromium-arguments.js';
import { serveFolder } from './static-server.js';

/** The built lab on a static server, plain and cross-origin isolated, and Chromium. */
export async function openLab() {
  const folder = inject('labFolder');
  const requests: string[] = [];
  const errors: string[] = [];
  const report = (breach: string) => void errors.push(breach);
  const servers = {
    plain: await serveFolder(folder),
    isolated: await serveFolder(folder, { isolated: true, report }),
  };
  const executablePath = process.env.EVENKEEL_CHROMIUM;
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });

  return {
    /** Everything that any page has asked for. */
    requests,
    /** What went wrong in pages and nobody caught: errors, files that are not there, breaches of the policy. */
    errors,
    async page(server: keyof typeof servers = 'plain', options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      context.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('response', (response) => {
        if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
      });
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) errors.push(message.text());
      });
      await page.goto(servers[server].url);
      return page;
    },
    /** A browser that has no WebGPU. */
    withoutWebgpu: () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] }),
    url: servers.plain.url,
    async close(): Promise<void> {
      await browser.close();
      await Promise.all(Object.values(servers).map(({ close }) => close()));
    },
  };
}
