import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensors, openSafetensors } from '@evenkeel/safetensors';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GPT } from '../index.js';

const CHECKPOINTS = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;
beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.zeros([1]).dispose(); // with the first tensor tfjs says hello, by a warning
});
afterEach(() => vi.restoreAllMocks());

/** The files of a checkpoint with its tensors under other names; null leaves one out. */
async function renamed(
  checkpoint: string,
  rename: (name: string) => string | null,
  { config = {}, more = {} }: { config?: object; more?: Record<string, tf.Tensor> } = {},
) {
  const folder = join(CHECKPOINTS, checkpoint);
  const store = await openSafetensors(join(folder, 'model.safetensors'));
  const tensors: Record<string, tf.Tensor> = { ...more };
  for (const name of store.tensors.keys()) {
    const other = rename(name);
    if (other !== null) tensors[other] = await store.readTensor(name);
  }
  await store.close();
  const published = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const weights = await encodeSafetensors(tensors);
  tf.dispose(tensors);
  return {
    'config.json': new TextEncoder().encode(JSON.stringify({ ...published, ...config })),
    'model.safetensors': weights,
  };
}

async function expectSame(checkpoint: string, files: Parameters<typeof GPT.load>[0]) {
  const [model, want] = [await GPT.load(files), await GPT.load(join(CHECKPOINTS, checkpoint))];
  expect(model.forward([[1, 2, 3]]).dataSync()).toEqual(want.forward([[1, 2, 3]]).dataSync());
  model.dispose();
  want.dispose();
}

const bare = (name: string) => name.replace(/^(transformer|model)\./, '');
const [tied, untied] = ['llama_bf16_llama3_tied', 'llama_f32_gqa'];

describe('a tensor is found under each name that published files have', () => {
  it.each<[string, string, (name: string) => string]>([
    ['gpt2_prefix_f32', 'without prefix', bare],
    ['gpt2_prefix_f32', 'of DataParallel', (name) => `module.${name}`],
    [tied, 'of the model without its head', bare],
    [untied, 'of a compiled model', (name) => `_orig_mod.${name}`],
    [untied, 'of a wrapped adapter', (name) => `base_model.model.${name}`],
    [
      untied,
      'with the head inside of the prefix',
      (name) => (name === 'lm_head.weight' ? 'model.lm_head.weight' : name),
    ],
  ])('%s: names %s', async (checkpoint, _, rename) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await expectSame(checkpoint, await renamed(checkpoint, rename));
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([tied, 'gpt2_prefix_f32'])(
    'a tied head, stored once more or in the place of the embedding: %s',
    async (checkpoint) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const embedding = checkpoint === tied ? 'model.embed_tokens.weight' : 'transformer.wte.weight';
      const alone = (name: string) => (name === embedding ? 'lm_head.weight' : name);
      await expectSame(checkpoint, await renamed(checkpoint, alone));
      const store = await openSafetensors(join(CHECKPOINTS, checkpoint, 'model.safetensors'));
      const both = { more: { 'lm_head.weight': await store.readTensor(embedding) } };
      await store.close();
      // As BF16 the second one is widened: the same numbers.
      const asFloats = await renamed(checkpoint, (name) => name, both);
      await expectSame(checkpoint, asFloats);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('buffers of older programs are left aside without a word', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const buffers = [
      'model.layers.0.self_attn.rotary_emb.inv_freq',
      'model.rotary_emb.inv_freq',
      'model.rotary_emb.cos_cached',
    ];
    const more = Object.fromEntries(buffers.map((name) => [name, tf.zeros([4])]));
    await expectSame(untied, await renamed(untied, (name) => name, { more }));
    const masks = { 'h.0.attn.bias': tf.ones([2, 2]), 'h.0.attn.masked_bias': tf.scalar(-1e9) };
    await expectSame('gpt2_prefix_f32', await renamed('gpt2_prefix_f32', bare, { more: masks }));
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('what cannot be told is refused by name', () => {
  it('a tied head that is another matrix than the embedding', async () => {
    const more = () => ({ 'lm_head.weight': tf.zeros([40, 48]) });
    const files = await renamed(tied, (name) => name, { more: more() });
    await expect(GPT.load(files)).rejects.toThrow(
      'GPT.load: lm_head.weight differs from model.embed_tokens.weight, although the config ties them',
    );
    const model = await GPT.load(files, { config: { tiedHead: false } });
    expect(
      model.parameters
        .get('head.weight')!
        .dataSync()
        .every((x) => x === 0),
    ).toBe(true);
    model.dispose();
  });

  it('a head that is neither tied nor there', async () => {
    const files = await renamed(untied, (name) => (name === 'lm_head.weight' ? null : name));
    await expect(GPT.load(files)).rejects.toThrow('1 tensor is missing: lm_head.weight');
  });

  it('two models in one file', async () => {
    const more = { 'b.model.layers.0.input_layernorm.weight': tf.zeros([32]) };
    const files = await renamed(untied, (name) => `a.${name}`, { more });
    await expect(GPT.load(files)).rejects.toThrow('the file holds several models, under b.model., a.model.');
  });
});
