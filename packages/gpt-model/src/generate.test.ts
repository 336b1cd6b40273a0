import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { GPT, type GPTConfig, generate } from './index.js';

const gpt2: GPTConfig = {
  architecture: 'gpt2',
  vocabSize: 11,
  contextLength: 24,
  layers: 2,
  heads: 2,
  width: 16,
};
const llama: GPTConfig = { ...gpt2, architecture: 'llama', slidingWindow: 5, head: 'stablemax' };

/** Weights far enough apart that the likeliest token is clear on every backend. */
function sharpModel(config: GPTConfig): GPT {
  const model = new GPT(config, { seed: 2 });
  for (const variable of model.variables) {
    if (variable.rank > 1) tf.tidy(() => variable.assign(tf.mul(variable, 25)));
  }
  return model;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describeOnBackends('generate', () => {
  it.each([gpt2, llama])(
    'gives the same tokens with and without a cache, past the context too',
    async (config) => {
      const model = sharpModel(config);
      const options = { maxTokens: 40, temperature: 0 };
      const cached = await collect(generate(model, [1, 2, 3], options));
      expect(cached).toHaveLength(40);
      expect(await collect(generate(model, [1, 2, 3], { ...options, cache: false }))).toEqual(cached);
      model.dispose();
    },
  );

  it('takes the likeliest token at temperature 0', async () => {
    const model = sharpModel(gpt2);
    const tokens = [4, 7];
    for await (const token of generate(model, [4, 7], { maxTokens: 6, temperature: 0 })) {
      const logits = await model.forward([tokens], { lastOnly: true }).data();
      expect(token).toBe(logits.indexOf(Math.max(...logits)));
      tokens.push(token);
    }
    expect(tokens).toHaveLength(8);
    model.dispose();
  });

  it.each([{ temperature: 0 }, { topK: 2 }, { topP: 0.5 }, { minP: 0.9 }, { temperature: 5 }, {}])(
    'never draws a token that does not exist: %j',
    async (filters) => {
      const model = sharpModel({ ...gpt2, tiedHead: false });
      // Rows beyond the tokenizer's, which the model likes best.
      const head = model.parameters.get('head.weight')!;
      tf.tidy(() => head.assign(tf.concat([tf.slice(head, 0, 7), tf.mul(tf.slice(head, 7), 10)])));
      const norm = model.parameters.get('norm.bias')!;
      tf.tidy(() => norm.assign(tf.mul(tf.sum(tf.slice(head, [7, 0]), 0), 3)));
      const free = await collect(generate(model, [1], { maxTokens: 20, seed: 1, ...filters }));
      expect(free.some((token) => token >= 7)).toBe(true);
      const few = await collect(
        generate(model, [1], { maxTokens: 20, seed: 1, allowedTokens: 7, ...filters }),
      );
      expect(few).toHaveLength(20);
      expect(few.every((token) => token < 7)).toBe(true);
      const even = Array.from({ length: 7 }, (_, id) => id % 2 === 0);
      const listed = await collect(generate(model, [1], { maxTokens: 20, allowedTokens: even, ...filters }));
      expect(listed.every((token) => token < 7 && token % 2 === 0)).toBe(true);
      model.dispose();
    },
  );

  it("ends at the end of text that the model's files name, unless told otherwise", async () => {
    const free = sharpModel(gpt2);
    const options = { maxTokens: 12, temperature: 0 };
    const tokens = await collect(generate(free, [1, 2, 3], options));
    free.dispose();
    const last = tokens.findIndex((token, i) => i > 0 && !tokens.slice(0, i).includes(token));
    const ended = async (published: object, more: object = {}) => {
      const model = new GPT(gpt2, { seed: 2, published });
      for (const variable of model.variables)
        if (variable.rank > 1) tf.tidy(() => variable.assign(tf.mul(variable, 25)));
      const said = await collect(generate(model, [1, 2, 3], { ...options, ...more }));
      model.dispose();
      return said;
    };
    const until = tokens.slice(0, last);
    const id = tokens[last];
    expect(await ended({ generation: { eos_token_id: [99, id] } })).toEqual(until);
    expect(await ended({ config: { eos_token_id: id } })).toEqual(until);
    expect(await ended({ generation: { eos_token_id: 99 }, config: { eos_token_id: id } })).toEqual(tokens);
    expect(await ended({ config: { eos_token_id: id } }, { endOfText: [] })).toEqual(tokens);
    expect(await ended({}, { endOfText: id })).toEqual(until);
    expect(await ended({}, { endOfText: [id, 98], stop: tokens[0] })).toEqual([]);
  });

  it('draws the same tokens for the same seed, and others for another', async () => {
    const model = new GPT(gpt2);
    const draw = (seed: number) => collect(generate(model, Int32Array.of(1), { maxTokens: 20, seed }));
    expect(await draw(5)).toEqual(await draw(5));
    expect(await draw(5)).not.toEqual(await draw(6));
    model.dispose();
  });

  it('gives each prompt of a batch what it gets in a batch of its own length, whatever ends first', async () => {
    const model = sharpModel(gpt2);
    const prompts = [[1, 2], [3], [4, 5], [9, 9], [0]];
    const alone = await Promise.all(
      prompts.map((prompt) => collect(generate(model, prompt, { maxTokens: 12, temperature: 0 }))),
    );
    const stop = alone[2][3];
    const batch = await collect(generate(model, prompts, { maxTokens: 12, temperature: 0, stop }));
    prompts.forEach((_, row) => {
      const end = alone[row].indexOf(stop);
      const wanted = end < 0 ? alone[row] : alone[row].slice(0, end);
      expect(batch.map((tokens) => tokens[row])).toEqual(
        Array.from({ length: batch.length }, (_, i) => wanted[i] ?? null),
      );
    });
    model.dispose();
  });

  it('draws the first row of a batch as it would alone', async () => {
    const model = new GPT(gpt2);
    const options = { maxTokens: 8, seed: 3 };
    const batch = await collect(
      generate(
        model,
        [
          [1, 2],
          [5, 6],
        ],
        options,
      ),
    );
    expect(batch.map(([first]) => first)).toEqual(await collect(generate(model, [1, 2], options)));
    expect(batch.map(([, second]) => second)).not.toEqual(batch.map(([first]) => first));
    model.dispose();
  });

  it('stops before a stop string', async () => {
    const model = sharpModel(gpt2);
    const decode = (tokens: number[]) => tokens.map((token) => 'abcdefghijk'[token]).join('');
    const all = await collect(generate(model, [1], { maxTokens: 12, seed: 9, temperature: 3 }));
    const text = decode(all);
    const stop = text.slice(5, 8);
    const stopped = await collect(
      generate(model, [1], { maxTokens: 12, seed: 9, temperature: 3, stop, decode }),
    );
    expect(decode(stopped)).toBe(text.slice(0, text.indexOf(stop)));
    model.dispose();
  });

  it('follows the filters', async () => {
    const model = new GPT(gpt2);
    const likeliest = await collect(generate(model, [1], { maxTokens: 10, temperature: 0 }));
    expect(await collect(generate(model, [1], { maxTokens: 10, topK: 1 }))).toEqual(likeliest);
    expect(await collect(generate(model, [1], { maxTokens: 10, topP: 1e-9 }))).toEqual(likeliest);
    expect(await collect(generate(model, [1], { maxTokens: 10, minP: 1 }))).toEqual(likeliest);
    const penalized = await collect(
      generate(model, [1], { maxTokens: 9, temperature: 0, repetitionPenalty: 1e9 }),
    );
    expect(new Set(penalized).size).toBeGreaterThan(new Set(likeliest).size);
    model.dispose();
  });

  it('never draws the extra output of an expanded head', async () => {
    const model = new GPT({ ...gpt2, expandHead: true, tiedHead: false, headBias: true });
    const bias = model.parameters.get('head.bias')!;
    tf.tidy(() => bias.assign(tf.tensor1d([...new Array(11).fill(0), 100])));
    const tokens = await collect(generate(model, [1], { maxTokens: 20, seed: 0 }));
    expect(Math.max(...tokens)).toBeLessThan(11);
    model.dispose();
  });

  it('ends with the reason of an abort, and frees its cache', async () => {
    const model = new GPT(gpt2);
    const abort = new AbortController();
    const generator = generate(model, [1], { maxTokens: Infinity, signal: abort.signal });
    const before = tf.memory().numTensors;
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(collect(generator)).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('frees its cache when the reader leaves', async () => {
    const model = new GPT(gpt2);
    const before = tf.memory().numTensors;
    for await (const _ of generate(model, [1])) break;
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it.each([
    ['an empty prompt', [], {}, 'the prompt is empty'],
    ['an empty row', [[1], []], {}, 'prompt 1 contains nothing'],
    [
      'a token beyond the vocabulary',
      [11],
      {},
      'prompt 0 contains 11, expected at least one token id from 0 to 10',
    ],
    ['maxTokens', [1], { maxTokens: -1 }, 'maxTokens is -1'],
    ['a seed', [1], { seed: 0.5 }, 'generate: seed is 0.5'],
    ['a filter', [1], { topP: 2 }, 'generate: topP is 2'],
    ['a stop string without decode', [1], { stop: 'x' }, 'decode did not come'],
  ])('refuses %s', (_, prompt, options, message) => {
    const model = new GPT(gpt2);
    expect(() => generate(model, prompt as number[], options)).toThrow(message);
    model.dispose();
  });
});

describeOnBackends('KeyValueCache', (backend) => {
  it('forgets what a sliding window no longer shows', () => {
    const model = new GPT(llama);
    const cache = model.cache();
    for (let i = 0; i < 10; i++) tf.dispose(model.forward([[i], [i]], { cache }));
    expect(cache.length).toBe(10);
    expect(cache.layer(0)!.k.shape).toEqual([2, 2, 4, 8]);
    cache.dispose();
    model.dispose();
  });

  it('goes on with the rows that are selected', async () => {
    const model = new GPT(gpt2);
    const cache = model.cache();
    tf.dispose(
      model.forward(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { cache },
      ),
    );
    cache.selectRows([2, 0, 2]);
    const logits = await model.forward([[7], [8], [9]], { cache }).data();
    const whole = model.forward(
      [
        [5, 6, 7],
        [1, 2, 8],
        [5, 6, 9],
      ],
      { lastOnly: true },
    );
    expectClose(logits, await whole.data(), backend.startsWith('web') ? 1e-4 : 1e-5);
    cache.dispose();
    model.dispose();
  });

  it('refuses another batch size and more than the context, and stays as it was', () => {
    const model = new GPT(gpt2);
    const cache = model.cache();
    tf.dispose(model.forward([new Array(20).fill(1)], { cache }));
    expect(() => model.forward([[1], [2]], { cache })).toThrow(
      'tokens have a batch of 2 and the cache one of 1',
    );
    expect(() => model.forward([[1, 2, 3, 4, 5]], { cache })).toThrow(
      '20 tokens in the cache and 5 more came',
    );
    expect(cache.length).toBe(20);
    cache.reset();
    expect(model.forward([[1], [2]], { cache }).shape).toEqual([2, 1, 11]);
    cache.dispose();
    model.dispose();
  });
});
