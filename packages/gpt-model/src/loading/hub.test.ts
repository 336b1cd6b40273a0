import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeHub, fakeHub } from '@evenkeel/testing/fake-hub';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GPT, modelFiles } from '../index.js';

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
