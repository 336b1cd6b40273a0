import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GPT, modelFiles } from '../index.js';

const CHECKPOINTS = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;
const cacheDir = mkdtempSync(join(tmpdir(), 'hub-'));
const requests: string[] = [];
let server: Server;
let hubUrl: string;

/** As much of a hub as its client asks for: the checkpoints of the fixtures; those of `private` need a token. */
beforeAll(async () => {
  await tf.setBackend('cpu');
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://hub');
    requests.push(`${request.method} ${pathname}`);
    const body = await text(request);
    const [owner, model, kind, , name] = pathname.replace('/api/models', '').split('/').slice(1);
    if (owner === 'private' && request.headers.authorization !== 'Bearer hf_secret') {
      return response.writeHead(401, { 'X-Error-Message': 'no access' }).end();
    }
    const folder = join(CHECKPOINTS, model);
    if (!existsSync(folder)) return response.writeHead(404).end();
    if (kind !== 'resolve') {
      const paths: string[] = kind === 'tree' ? readdirSync(folder) : JSON.parse(body).paths;
      const lastCommit = { id: 'a'.repeat(40), title: 'first', date: '2026-01-01T00:00:00.000Z' };
      const files = paths.map((path) => ({
        ...{ type: 'file', path, oid: createHash('sha1').update(path).digest('hex'), lastCommit },
        size: statSync(join(folder, path)).size,
      }));
      return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(files));
    }
    const file = readFileSync(join(folder, name));
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    const [from, to] = range ? [Number(range[1]), Number(range[2] || file.length - 1)] : [0, file.length - 1];
    const part = file.subarray(from, to + 1);
    response.writeHead(range ? 206 : 200, {
      ETag: `"${model}-${name}"`,
      'X-Repo-Commit': 'a'.repeat(40),
      'Content-Length': part.length,
      ...(range && { 'Content-Range': `bytes ${from}-${from + part.length - 1}/${file.length}` }),
    });
    return response.end(request.method === 'HEAD' ? undefined : part);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(cacheDir, { recursive: true });
});

it.each(['llama_f32_gqa', 'llama_sharded_f32_tied'])('loads a model from a hub: %s', async (name) => {
  const [remote, local] = [
    await GPT.load(`someone/${name}`, { hubUrl, cacheDir }),
    await GPT.load(join(CHECKPOINTS, name)),
  ];
  expect(remote.forward([[1, 2, 3]]).dataSync()).toEqual(local.forward([[1, 2, 3]]).dataSync());
  const downloads = () => requests.filter((request) => request.includes('/resolve/')).length;
  const before = downloads();
  const again = await GPT.load(`someone/${name}`, { hubUrl, cacheDir });
  expect(downloads()).toBe(before); // from the cache
  for (const model of [remote, local, again]) model.dispose();
});

it('passes a token, and says what to do when one is missing or the model is not there', async () => {
  const model = await GPT.load('private/llama_f32_gqa', { hubUrl, cacheDir, accessToken: 'hf_secret' });
  model.dispose();
  await expect(GPT.load('private/mistral_f16', { hubUrl, cacheDir })).rejects.toThrow(
    /^GPT.load: the hub did not give the files of 'private\/mistral_f16' .* pass accessToken if it needs one/,
  );
  await expect(GPT.load('someone/nothing', { hubUrl, cacheDir })).rejects.toThrow(/^GPT.load: /);
});

it('finds the files beside the weights, and none that is not there', async () => {
  const hub = await modelFiles('private/llama_f32_gqa', { hubUrl, cacheDir, accessToken: 'hf_secret' });
  const local = await modelFiles(join(CHECKPOINTS, 'llama_f32_gqa'));
  const [remote, here] = [await hub('config.json'), await local('config.json')] as string[];
  expect(readFileSync(remote, 'utf8')).toBe(readFileSync(here, 'utf8'));
  expect([await hub('tokenizer.model'), await local('tokenizer.model')]).toEqual([undefined, undefined]);
  const model = await GPT.load(hub);
  expect(model.config.architecture).toBe('llama');
  model.dispose();
  await expect(modelFiles('no such place')).rejects.toThrow("'no such place' is not a directory");
});
