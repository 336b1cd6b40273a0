import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@evenkeel/safetensors';
import {
  countedBytes,
  describeOnBackends,
  expectClose,
  type GoldenCase,
  type GoldenTensor,
  goldenCases,
  recordFault,
} from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import malformed from '../../fixtures/l1_safetensors_malformed.json' with { type: 'json' };
import { GPT, type GPTConfig, generate } from '../index.js';
import { namePrefix, publishedName } from './published-names.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'gpt-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

interface Inputs {
  sequences?: GoldenTensor[];
  sequence?: GoldenTensor;
  chunks?: number[];
  prompt?: GoldenTensor;
}
interface Expected {
  logits: GoldenTensor[];
  loss_token_mean: number;
  grads: Record<string, GoldenTensor>;
  grad_norms: Record<string, number>;
  last_logits: GoldenTensor;
  new_tokens: GoldenTensor;
  tensors: Record<string, { sum: number; abs_sum: number }>;
  special_values: { tensor: string; flat_index: number; value: number }[];
  parameter_count: number;
}

const checkpoints = readdirSync(FIXTURES)
  .filter((name) => /^k\d_.*\.json$/.test(name))
  .map((file) => file.slice(3, -5));

/** The cases of a checkpoint, by name, and where it is. */
function golden(checkpoint: string) {
  const file = readdirSync(FIXTURES).find((name) => name.slice(3) === `${checkpoint}.json`)!;
  const cases = goldenCases<Inputs, unknown, Expected>(
    JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')),
  );
  const directory = join(FIXTURES, 'checkpoints', checkpoint);
  const { model_type } = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
  return {
    directory,
    case: (name: string): GoldenCase<Inputs, unknown, Expected> =>
      cases.find((found) => found.name === name)!,
    published: (name: string) =>
      (name.startsWith('head.') ? '' : namePrefix(model_type)) + publishedName(model_type, name),
    isConv1D: (name: string) => model_type === 'gpt2' && /\.(qkv|out|up|down)\.weight$/.test(name),
  };
}

describeOnBackends('GPT.load', () => {
  it.each(checkpoints)('has the published logits, loss and gradients: %s', async (checkpoint) => {
    const { directory, published, isConv1D, ...fixture } = golden(checkpoint);
    const { inputs, expected, tolerance } = fixture.case('forward_loss_grad');
    const model = await GPT.load(directory);
    const sequences = inputs.sequences!.map(({ data }) => data);
    for (const [i, tokens] of sequences.entries()) {
      expectClose(model.forward([tokens]), expected.logits[i].data, tolerance('logits'));
    }

    const predicted = sequences.reduce((count, { length }) => count + length - 1, 0);
    const lossOf = (tokens: number[]) => {
      const logProbabilities = tf.logSoftmax(model.forward([tokens.slice(0, -1)]));
      return tf.neg(tf.sum(tf.mul(logProbabilities, tf.oneHot([tokens.slice(1)], model.config.vocabSize))));
    };
    const { value, grads } = tf.variableGrads(
      () => tf.div(tf.addN(sequences.map(lossOf)), predicted) as tf.Scalar,
      model.variables,
    );
    expectClose(value, expected.loss_token_mean, tolerance('loss'));
    let compared = 0;
    for (const [name, { name: variable }] of model.parameters) {
      const norm =
        expected.grad_norms[published(name)] ??
        expected.grad_norms[published(name).replace('transformer.', '')];
      expectClose(tf.norm(grads[variable]), norm, { rtol: 1e-4, atol: 1e-5 });
      const want =
        expected.grads[published(name)] ?? expected.grads[published(name).replace('transformer.', '')];
      if (!want) continue;
      const grad = isConv1D(name) ? tf.transpose(grads[variable]) : grads[variable];
      expectClose(grad, want.data, tolerance('grads'));
      compared++;
    }
    expect(compared).toBe(Object.keys(expected.grads).length);
    model.dispose();
  });

  it.each(checkpoints)('continues with a cache, and generates, as published: %s', async (checkpoint) => {
    const fixture = golden(checkpoint);
    const model = await GPT.load(fixture.directory);
    const { inputs, expected, tolerance } = fixture.case('incremental_decode');
    const cache = model.cache();
    let at = 0;
    let last: number[] = [];
    for (const chunk of inputs.chunks!) {
      const logits = model.forward([inputs.sequence!.data.slice(at, at + chunk)], { cache });
      last = Array.from(logits.dataSync()).slice(-model.config.vocabSize);
      at += chunk;
    }
    expectClose(last, expected.last_logits.data, tolerance('logits'));
    cache.dispose();

    const greedy = fixture.case('greedy_generation');
    const tokens: number[] = [];
    const options = { maxTokens: 8, temperature: 0, endOfText: [] };
    for await (const token of generate(model, greedy.inputs.prompt!.data, options)) tokens.push(token);
    expect(tokens).toEqual(greedy.expected.new_tokens.data);
    model.dispose();
  });

  it.each(checkpoints)('decodes the published weights: %s', async (checkpoint) => {
    const { directory, published, isConv1D, ...fixture } = golden(checkpoint);
    const { expected } = fixture.case('weights_decoded');
    const model = await GPT.load(directory);
    for (const [name, variable] of model.parameters) {
      const stored = expected.tensors[published(name)];
      const values = Array.from((isConv1D(name) ? tf.transpose(variable) : variable).dataSync());
      const sum = values.reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(stored.sum, 8);
      for (const { tensor, flat_index, value } of expected.special_values) {
        if (tensor === published(name)) expect(values[flat_index]).toBe(value);
      }
    }
    model.dispose();
  });

  it.each(checkpoints)('saves in the same layout, bit for bit: %s', async (checkpoint) => {
    const { directory } = golden(checkpoint);
    const [model, target] = [await GPT.load(directory), join(folder, checkpoint)];
    await model.saveSafetensors(target);
    const again = await GPT.load(target);
    expect(again.config).toEqual(model.config);
    for (const [name, variable] of model.parameters) {
      expectClose(again.parameters.get(name)!, variable.dataSync(), 0);
    }
    const config = (path: string) => JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
    // A Mistral without a window is a Llama.
    const family = config(directory).model_type === 'mistral' ? 'llama' : config(directory).model_type;
    expect(config(target).model_type).toBe(family);
    const names = async (path: string) => {
      const files = readdirSync(path).filter((file) => file.endsWith('.safetensors'));
      const stores = await Promise.all(files.map((file) => openSafetensors(join(path, file))));
      const all = stores.flatMap(({ tensors }) =>
        [...tensors].map(([name, { shape }]) => `${name} [${shape}]`),
      );
      await Promise.all(stores.map((store) => store.close()));
      return all.filter((name) => !/\.attn\.(masked_)?bias /.test(name)).sort();
    };
    expect(await names(target)).toEqual(await names(directory));
    model.dispose();
    again.dispose();
  });

  it.each<[string, GPTConfig]>([
    [
      'lipschitz',
      {
        architecture: 'lipschitz',
        vocabSize: 7,
        contextLength: 4,
        layers: 1,
        heads: 2,
        width: 4,
        scoreBias: true,
      },
    ],
    [
      'gpt2 with a StableMax head',
      {
        architecture: 'gpt2',
        vocabSize: 7,
        contextLength: 4,
        layers: 1,
        heads: 2,
        width: 4,
        head: 'stablemax',
        dropout: 0.1,
      },
    ],
    [
      'llama with dropout, without gain',
      {
        architecture: 'llama',
        vocabSize: 7,
        contextLength: 4,
        layers: 1,
        heads: 2,
        width: 4,
        normGain: false,
      },
    ],
    [
      'mixtral',
      {
        architecture: 'llama',
        vocabSize: 7,
        contextLength: 4,
        layers: 2,
        heads: 2,
        width: 4,
        experts: 3,
        activeExperts: 2,
      },
    ],
  ])('round-trips a model of ours: %s', async (name, config) => {
    const model = new GPT(config, { seed: 2 });
    for (const dtype of ['F32', 'BF16'] as const) {
      const files = await model.encodeSafetensors({ dtype });
      const again = await GPT.load({
        'config.json': new Blob([files['config.json'] as Uint8Array<ArrayBuffer>]),
        'model.safetensors': files['model.safetensors'],
      });
      expect(again.config).toEqual(model.config);
      const difference = tf
        .max(tf.abs(tf.sub(again.forward([[1, 2, 3]]), model.forward([[1, 2, 3]]))))
        .dataSync()[0];
      expect(difference).toBeLessThanOrEqual(dtype === 'F32' ? 0 : 0.1);
      again.dispose();
    }
    if (name === 'mixtral') {
      const { 'config.json': json, 'model.safetensors': weights } = await model.encodeSafetensors();
      expect(JSON.parse(new TextDecoder().decode(json)).model_type).toBe('mixtral');
      expect([...(await openSafetensors(weights)).tensors.keys()]).toContain(
        'model.layers.1.block_sparse_moe.experts.2.w3.weight',
      );
    }
    model.dispose();
  });

  it('keeps token ids and how to generate, from loading to saving', async () => {
    const { directory } = golden('phi3_f32'); // whose family has other tokens where nothing is said
    const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    const said = {
      ...config,
      bos_token_id: 3,
      eos_token_id: [4, 5],
      pad_token_id: 6,
      initializer_range: 0.1,
    };
    const generation = {
      bos_token_id: 3,
      eos_token_id: [5, 7],
      temperature: 0.6,
      top_p: 0.9,
      do_sample: true,
    };
    const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));
    const model = await GPT.load({
      'config.json': bytes(said),
      'generation_config.json': bytes(generation),
      'model.safetensors': readFileSync(join(directory, 'model.safetensors')),
    });
    const target = join(folder, 'kept');
    await model.saveSafetensors(target);
    const read = (name: string) => JSON.parse(readFileSync(join(target, name), 'utf8'));
    expect(read('config.json')).toMatchObject({
      bos_token_id: 3,
      eos_token_id: [4, 5],
      pad_token_id: 6,
      initializer_range: 0.1,
    });
    expect(read('generation_config.json')).toEqual(generation);
    const again = await GPT.load(await model.encodeSafetensors());
    expect(again.generation).toEqual(model.generation);
    expect(again.generation).toMatchObject({ beginOfText: 3, endOfText: [5, 7], padding: 6, ignored: [] });
    expect(again.generation.options).toEqual({ temperature: 0.6, topP: 0.9 });
    model.dispose();
    again.dispose();

    const own = new GPT({ ...model.config });
    const { 'config.json': json, ...others } = await own.encodeSafetensors();
    expect(JSON.parse(new TextDecoder().decode(json))).toMatchObject({
      eos_token_id: null,
      pad_token_id: null,
    });
    expect(Object.keys(others)).toEqual(['model.safetensors']);
    own.dispose();
  });

  it('takes changes to the config, and a head that is larger by one', async () => {
    const { directory } = golden('llama_f32_gqa');
    const plain = await GPT.load(directory);
    const progress = vi.fn();
    const changed = await GPT.load(directory, {
      name: 'mine',
      config: { expandHead: true, dropout: 0.5 },
      onProgress: progress,
    });
    expect([changed.name, changed.config.dropout]).toEqual(['mine', 0.5]);
    expect(progress.mock.calls.at(-1)).toEqual([changed.parameters.size, changed.parameters.size]);
    const vocabulary = plain.config.vocabSize;
    const logits = changed.forward([[1, 2]]);
    expect(logits.shape).toEqual([1, 2, vocabulary + 1]);
    expectClose(tf.slice(logits, [0, 0, 0], [1, 2, vocabulary]), plain.forward([[1, 2]]).dataSync(), 1e-6);
    expectClose(tf.slice(logits, [0, 0, vocabulary], [1, 2, 1]), [0, 0], 0);
    plain.dispose();
    changed.dispose();
  });

  it('reads GPT-2 with and without the prefix, and warns of what it does not use', async () => {
    const { directory } = golden('gpt2_prefix_f32');
    const store = await openSafetensors(join(directory, 'model.safetensors'));
    const tensors: Record<string, tf.Tensor> = { 'score.weight': tf.zeros([2]) };
    for (const name of store.tensors.keys())
      tensors[name.replace('transformer.', '')] = await store.readTensor(name);
    await store.close();
    const { encodeSafetensors } = await import('@evenkeel/safetensors');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const files = {
      'config.json': readFileSync(join(directory, 'config.json')),
      'model.safetensors': await encodeSafetensors(tensors),
    };
    const [one, two] = [await GPT.load(files), await GPT.load(directory)];
    expectClose(one.forward([[1, 2, 3]]), two.forward([[1, 2, 3]]).dataSync(), 0);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'GPT.load: 1 tensor is not part of the model: score.weight.',
    );
    one.dispose();
    two.dispose();
    tf.dispose(tensors);
  });

  it('reads over HTTP, in ranges', async () => {
    const { directory } = golden('llama_sharded_f32_tied');
    const server = createServer((request, response) => {
      let file: Buffer;
      try {
        file = readFileSync(join(directory, request.url!.replace('/models/', '')));
      } catch {
        return response.writeHead(404).end();
      }
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
      if (request.method === 'HEAD' || !range) return response.writeHead(200).end();
      const [from, to] = range.slice(1).map(Number);
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${file.length}` });
      return response.end(file.subarray(from, to + 1));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/`;
    const [remote, local] = [await GPT.load(url), await GPT.load(directory)];
    expectClose(remote.forward([[1, 2, 3]]), local.forward([[1, 2, 3]]).dataSync(), 0);
    remote.dispose();
    local.dispose();
    server.closeAllConnections();
    server.close();
  });
});

interface Malformed {
  name: string;
  inputs: {
    level: string;
    base64?: string;
    files?: Record<string, string | { base64?: string; text?: string }>;
    config?: unknown;
  };
  expected: { verdict: string };
}

describe('GPT.load of damaged files', () => {
  const cases = (malformed.cases as unknown as Malformed[]).filter(
    ({ inputs }) => inputs.config !== undefined,
  );
  const bytesOf = (file: string | { base64?: string; text?: string }) => {
    const text = typeof file === 'string' ? file : (file.base64 ?? '');
    return new Uint8Array(
      typeof file === 'object' && file.text !== undefined
        ? Buffer.from(file.text)
        : Buffer.from(text, 'base64'),
    );
  };
  it.each(cases)('$expected.verdict: $name', async ({ inputs, expected }) => {
    await tf.setBackend('cpu');
    const config = new TextEncoder().encode(JSON.stringify(inputs.config));
    const weights = inputs.files
      ? Object.fromEntries(
          Object.entries(inputs.files).map(([name, file]) => [name, countedBytes(bytesOf(file))]),
        )
      : { 'model.safetensors': countedBytes(bytesOf(inputs.base64!)) };
    const before = tf.memory().numTensors;
    const loading = GPT.load({ 'config.json': config, ...weights });
    if (expected.verdict === 'accept') (await loading).dispose();
    else await expect(loading).rejects.toThrow(/^(GPT|openSharded|openSafetensors)[\w. ]*: .{20}/);
    for (const { bytesRead, size } of Object.values(weights)) expect(bytesRead).toBeLessThanOrEqual(size);
    expect(tf.memory().numTensors).toBe(before);
    recordFault(
      'a model whose files contradict each other',
      'it is loaded right or refused by name; no tensor is left behind',
    );
  });

  const published = (change: object) =>
    new TextEncoder().encode(
      JSON.stringify({
        ...JSON.parse(readFileSync(join(FIXTURES, 'checkpoints/llama_f32_gqa/config.json'), 'utf8')),
        ...change,
      }),
    );
  const weights = readFileSync(join(FIXTURES, 'checkpoints/llama_f32_gqa/model.safetensors'));

  it.each<[object, string]>([
    [{ model_type: 'bert' }, "model_type 'bert', expected one of gpt2, llama"],
    [{ model_type: 5 }, 'model_type 5, expected a text'],
    [{ hidden_size: -1 }, 'hidden_size -1, expected a whole number ≥ 1'],
    [{ hidden_size: 'x' }, 'hidden_size "x", expected a whole number'],
    [{ hidden_act: 'selu' }, "the activation 'selu', expected one of silu"],
    [{ rope_scaling: { rope_type: 'yarn', factor: 2 } }, 'rope_scaling.rope_type "yarn", expected default'],
    [{ rope_scaling: 'x' }, 'rope_scaling "x", expected an object'],
    [{ model_type: 'stablelm', use_parallel_residual: true }, 'use_parallel_residual true, expected false'],
    [{ num_hidden_layers: 1e15 }, 'GPT'],
    [{ vocab_size: 49 }, 'model.embed_tokens.weight is F32 [48,32], expected floats [49,32]'],
    [{ num_hidden_layers: 3 }, '9 tensors are missing: model.layers.2.input_layernorm.weight'],
    [{ evenkeel: { head: 'hardmax' } }, "head is 'hardmax'"],
  ])('says what is wrong with %o', async (change, message) => {
    await tf.setBackend('cpu');
    const files = { 'config.json': published(change), 'model.safetensors': weights };
    await expect(GPT.load(files)).rejects.toThrow(message);
  });

  it('says what is missing', async () => {
    await expect(GPT.load(folder)).rejects.toThrow('GPT.load: there is no config.json');
    await expect(GPT.load({ 'config.json': published({}) })).rejects.toThrow('neither model.safetensors nor');
    await expect(GPT.load('./nowhere')).rejects.toThrow("GPT.load: './nowhere' is not a directory");
    const notJson = { 'config.json': new TextEncoder().encode('{"a":1,"a":2}') };
    await expect(GPT.load(notJson)).rejects.toThrow(
      'GPT.load: config.json is not JSON (the key "a" occurs twice',
    );
  });

  it('leaves an older model alone when saving fails', async () => {
    await tf.setBackend('cpu');
    const model = new GPT('tiny');
    writeFileSync(join(folder, 'blocked'), 'a file');
    await expect(model.saveSafetensors(join(folder, 'blocked', 'model'))).rejects.toThrow();
    expect(readFileSync(join(folder, 'blocked'), 'utf8')).toBe('a file');
    model.dispose();
  });
});
