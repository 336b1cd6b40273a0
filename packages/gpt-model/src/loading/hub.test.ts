import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeHub, fakeHub } from '@evenkeel/testing/fake-hub';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GPT, openModelFolder } from '../index.js';

const CHECKPOINTS = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;
const cacheDir = mkdtempSync(join(tmpdir(), 'hub-'));
let hub: FakeHub;
let hubUrl: string;

/** Has the checkpoints of the fixtures; those of `private` need a token. */
beforeAll(async () => {
  await tf.setBackend('cpu');
  hub = await fakeHub({
    folderOf: (_, model) => join(CHECKPOINTS, model),
    tokenOf: (owner) => (owner === 'private' ? 'hf_secret' : undefined),
  });
  ({ hubUrl } = hub);
});

afterAll(() => {
  hub.close();
  rmSync(cacheDir, { recursive: true });
});

it.each(['llama_f32_gqa', 'llama_sharded_f32_tied'])('loads a model from a hub: %s', async (name) => {
  const [remote, local] = [
    await GPT.load(`someone/${name}`, { hubUrl, cacheDir }),
    await GPT.load(join(CHECKPOINTS, name)),
  ];
  expect(remote.forward([[1, 2, 3]]).dataSync()).toEqual(local.forward([[1, 2, 3]]).dataSync());
  const downloads = () => hub.requests.filter((request) => request.includes('/resolve/')).length;
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

it('finds the files that a page has chosen, those of folders inside left aside', async () => {
  const file = (name: string, text: string, path = `model/${name}`) =>
    Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: path });
  const list = [
    file('a.json', '{"a":1}'),
    file('a.json', '{"a":2}', 'model/original/a.json'),
    file('b.txt', 'ü'),
  ];
  const folder = await openModelFolder(list);
  expect(await folder.json('a.json')).toEqual({ a: 1 });
  expect([await folder.text('b.txt'), await folder.text('c.txt')]).toEqual(['ü', undefined]);
  await expect(folder.json('b.txt')).rejects.toThrow('GPT.load: b.txt is not JSON');
  expect(await openModelFolder(folder)).toBe(folder);
  await expect(openModelFolder(null as never)).rejects.toThrow(
    'GPT.load: the source is null, expected a directory',
  );
});

it('says nothing on standard output about downloads, and asks for a file once', async () => {
  const debug = vi.spyOn(console, 'debug');
  const own = mkdtempSync(join(tmpdir(), 'hub-'));
  const folder = await openModelFolder('someone/llama_f32_gqa', { hubUrl, cacheDir: own });
  const before = hub.requests.length;
  await folder.text('config.json');
  const asked = hub.requests.length;
  await folder.json('config.json');
  expect([asked > before, hub.requests.length]).toEqual([true, asked]);
  expect(debug).not.toHaveBeenCalled();
  expect(console.debug).toBe(debug);
  debug.mockRestore();
  rmSync(own, { recursive: true });
});

it('finds the files beside the weights, and none that is not there', async () => {
  const hub = await openModelFolder('private/llama_f32_gqa', { hubUrl, cacheDir, accessToken: 'hf_secret' });
  const local = await openModelFolder(join(CHECKPOINTS, 'llama_f32_gqa'));
  expect(await hub.text('config.json')).toBe(await local.text('config.json'));
  expect([await hub.find('tokenizer.model'), await local.find('tokenizer.model')]).toEqual([
    undefined,
    undefined,
  ]);
  const model = await GPT.load(hub);
  expect(model.config.architecture).toBe('llama');
  model.dispose();
  await expect(openModelFolder('no such place')).rejects.toThrow("'no such place' is not a directory");
});
