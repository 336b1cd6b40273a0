import { type BrowserContextOptions, chromium, type Page } from 'playwright';
import { inject } from 'vitest';
import { CHROMIUM_ARGUMENTS } from '../../../scripts/chromium-arguments.js';
import { serveFolder } from './static-server.js';

/** The built lab on a static server, plain and cross-origin isolated, and Chromium. */
export async function openLab() {
  const folder = inject('labFolder');
  const servers = {
    plain: await serveFolder(folder),
    isolated: await serveFolder(folder, { isolated: true }),
  };
  const executablePath = process.env.EVENKEEL_CHROMIUM;
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  const requests: string[] = [];
  const errors: string[] = [];

  return {
    /** Everything that any page has asked for. */
    requests,
    /** What went wrong in pages and nobody caught. */
    errors,
    async page(server: keyof typeof servers = 'plain', options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      context.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => errors.push(error.message));
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
