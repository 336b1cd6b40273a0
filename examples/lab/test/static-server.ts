import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { CONTENT_SECURITY_POLICY } from '../src/node/content-security-policy.js';

/** Somewhere below a server's root: a page that asks for absolute paths finds nothing here. */
const PLACE = '/sub folder/lab/';
const REPORTS = '/reports';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/**
 * Serves a folder below {@link PLACE} and nowhere else, as any static server would; or with the headers of a careful one: a
 * cross-origin isolated page, and the policy on every file, so that workers have it too.
 *
 * @param report Is told of breaches of that policy.
 */
export async function serveFolder(
  folder: string,
  { isolated = false, report = (_: string): void => {} } = {},
) {
  const headers = isolated
    ? {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
        'Content-Security-Policy': `${CONTENT_SECURITY_POLICY}; report-uri ${REPORTS}`,
      }
    : {};
  const server = createServer(async (request, response) => {
    const { url = '/' } = request;
    if (url === REPORTS) {
      report(await text(request));
      return void response.end();
    }
    const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const file = join(folder, path === PLACE ? 'index.html' : path.slice(PLACE.length));
    const bytes = path.startsWith(PLACE) ? await readFile(file).catch(() => undefined) : undefined;
    response.writeHead(bytes ? 200 : 404, {
      'Content-Type': TYPES[extname(file)] ?? 'text/plain',
      ...headers,
    });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${encodeURI(PLACE)}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
