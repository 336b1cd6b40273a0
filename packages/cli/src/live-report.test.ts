import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveRun } from '@evenkeel/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, watched } from '../test/evenkeel.js';
import { serveReport } from './live-report.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-live-'));
const folder = join(root, 'run');
beforeAll(() => mkdirSync(folder));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Asks as a browser does, with headers of one's own. */
function ask(url: string, { headers = {}, method = 'GET' }: { headers?: object; method?: string } = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      request(url, { method, headers: { ...headers }, agent: false }, (response) => {
        let body = '';
        response.on('data', (piece) => {
          body += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      })
        .on('error', reject)
        .end();
    },
  );
}

const at = (step: number, steps = 10) => ({ step, steps }) as LiveRun;
const record = (step: number) =>
  appendFileSync(
    join(folder, 'metrics.jsonl'),
    `${JSON.stringify({ step, seconds: step, loss: 1 / step })}\n`,
  );

describe('the page of a run that trains', () => {
  it('shows what is measured, how far it is, and the end', async () => {
    const live = await serveReport(folder);
    record(1); // of whatever was in the folder before
    expect((await ask(live.url)).body).toContain('The run is being prepared.');
    expect((await ask(live.url)).body).not.toContain('chart-0');
    await live.callback.onStart!(at(0));
    expect((await ask(live.url)).body).toContain('chart-0');
    record(2);
    await live.callback.onMetrics!({ step: 2, seconds: 2 }, at(2));
    await expect.poll(async () => (await ask(live.url)).body).toContain('loss 0.5 at step 2');
    const { body } = await ask(live.url);
    expect(body).toContain('Training: step 2 of 10.');
    expect(body).toContain('data-live="on"');
    expect(body).toContain("connect-src 'self'");
    await live.callback.onEnd!({ reason: 'error', step: 2, error: new Error('<b>NaN') }, at(2));
    const closed = live.close();
    const { body: last } = await ask(live.url); // the page that is open asks once more
    await closed;
    expect(last).toContain('data-live="ended"');
    expect(last).toContain('The run has failed (&lt;b&gt;NaN) at step 2.');
    await expect(ask(live.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('is for those who have its address, by the name of this machine', async () => {
    const live = await serveReport(folder);
    const { origin, port } = new URL(live.url);
    const { status, headers } = await ask(live.url);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(live.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
    expect((await ask(live.url, { headers: { Host: `localhost:${port}` } })).status).toBe(200);
    for (const Host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1.evil.example:${port}`,
    ]) {
      expect(await ask(live.url, { headers: { Host } }), Host).toMatchObject({ status: 403, body: '' });
    }
    for (const path of [
      '/',
      '/report.html',
      `/${'0'.repeat(32)}/`,
      new URL(live.url).pathname.slice(0, -1),
    ]) {
      expect(await ask(origin + path), path).toMatchObject({ status: 404, body: '' });
    }
    expect((await ask(live.url, { method: 'POST' })).status).toBe(405);
    expect(await ask(live.url, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    await live.close();
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === 'IPv4')?.address;
  it.skipIf(!outside)('is not there for other machines', async () => {
    const live = await serveReport(folder);
    await expect(ask(live.url.replace('127.0.0.1', outside!))).rejects.toThrow('ECONNREFUSED');
    await live.close();
  });

  it('says that a port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(serveReport(folder, port)).rejects.toThrow(
      `--live-port is ${port}, which another program uses, expected one that is free.`,
    );
    const taken = await evenkeel(...train(join(root, 'taken'), '--live-port', String(port)));
    expect(taken).toMatchObject({ code: 1, out: '' });
    expect(taken.errors).toContain(`--live-port is ${port}, which another program uses`);
    other.close();
  });
});

const train = (out: string, ...args: string[]): string[] => [
  ...['train', '--data', 'modularArithmetic', '--data.modulus', '7', '--model', 'mlp', '--model.hidden', '8'],
  ...['--backend', 'cpu', '--steps', '40', '--out', out, ...args],
];

describe.each([
  ['train', (out: string) => train(out, '--live')],
  ['resume', (out: string) => ['resume', out, '--steps', '80', '--live']],
])('evenkeel %s --live', (name, args) => {
  it('says where the page is, serves it while it trains, and stops with the run', async () => {
    const out = join(root, 'trained');
    let asked: Promise<{ body: string }> | undefined;
    let url = '';
    const { code, errors } = await watched(
      (piece) => {
        const found = /watch it: (\S+)/.exec(piece);
        if (!found) return;
        url = found[1];
        asked = ask(url);
      },
      ...args(out),
    );
    expect({ code, errors: errors.replace(/step .*\n/g, '') }, name).toEqual({ code: 0, errors: '' });
    const { body } = await asked!;
    expect(body).toMatch(/data-live="(on|ended)"/);
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
  });
});
