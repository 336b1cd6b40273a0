import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordFault } from '@evenkeel/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openBytes, openMemoryMap } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

describe('openBytes', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const path = join(folder, 'hundred');
  writeFileSync(path, bytes);

  it('reads the same from a file, a map of it, a Blob, a buffer and a server', async () => {
    const url = await serve((request, response) => {
      const [from, to] = /bytes=(\d+)-(\d+)/
        .exec(request.headers.range ?? '')!
        .slice(1)
        .map(Number);
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/100` });
      response.end(bytes.subarray(from, to + 1));
    });
    const opened = [path, new Blob([bytes]), bytes, bytes.buffer, url].map((source) =>
      openBytes('test', source),
    );
    for (const source of await Promise.all([...opened, openMemoryMap('test', path)])) {
      expect(source.size).toBe(100);
      expect(Array.from(await source.read(98, 2))).toEqual([98, 99]);
      expect((await source.read(5, 0)).length).toBe(0);
      await source.close?.();
    }
  });

  it.each([
    [404, 'was answered with 404, expected 206, a part of the file. Check address and rights.'],
    [200, 'was answered with 200, expected 206, a part of the file. The server does not serve ranges'],
  ])('says what a server that answers %i did', async (status, message) => {
    const url = await serve((_, response) => response.writeHead(status).end('whole'));
    await expect(openBytes('test', url)).rejects.toThrow(message);
  });

  it('says when a server is not there, or sends too little', async () => {
    await expect(openBytes('test', 'http://127.0.0.1:1/')).rejects.toThrow(
      "test: 'http://127.0.0.1:1/' cannot be reached",
    );
    const url = await serve((_, response) =>
      response.writeHead(206, { 'Content-Range': 'bytes 0-0/100' }).end('x'),
    );
    const source = await openBytes('test', url);
    await expect(source.read(0, 50)).rejects.toThrow('sent 1 bytes, expected 50');
  });

  it('says when a file became shorter, is a folder, or is nothing that can be opened', async () => {
    const shrinking = join(folder, 'shrinking');
    writeFileSync(shrinking, bytes);
    const source = await openBytes('test', shrinking);
    truncateSync(shrinking, 10);
    await expect(source.read(0, 20)).rejects.toThrow(
      'ends at byte 10, expected 100 bytes as when it was opened',
    );
    await source.close?.();
    await expect(openBytes('test', {} as Blob)).rejects.toThrow(
      'test: the bytes are [object Object], expected',
    );
  });

  it('looks before it opens: a named pipe would never open, a device never end', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const expectRefused = async (path: string, kind: string) => {
      for (const open of [openBytes, openMemoryMap])
        await expect(open('test', path)).rejects.toThrow(
          `test: '${path}' is ${kind}, expected a plain file. Check its name.`,
        );
    };
    await expectRefused(pipe, 'a named pipe');
    await expectRefused(folder, 'a folder');
    await expectRefused('/dev/zero', 'a device');
    recordFault(
      'a named pipe, a device or a folder in the place of a file',
      'it is refused by name before it is opened',
      6,
    );
    await expect(openMemoryMap('test', join(folder, 'none'))).rejects.toThrow(
      "none' cannot be opened (ENOENT",
    );
  });
});
