import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { characterTokenizer } from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { Tokenizer as PublishedTokenizer } from '@huggingface/tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, printed as run } from '../../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-export-'));
const at = (...names: string[]) => join(root, ...names);
const WORDS = 'to be or not to be, that is the question. '.repeat(40);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const train = (name: string, ...args: string[]) =>
  run(...['train', '--out', at(name), '--steps', '3', '--backend', 'cpu', '--json', ...args]);
const ofText = (model: string) => [
  ...['--text', at('text.txt'), '--model', model, '--model.contextLength', '16', '--model.layers', '1'],
  ...['--model.heads', '2', '--model.width', '16', '--data.batchSize', '2'],
];
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));
const write = async (model: string) =>
  JSON.parse(
    await run(
      ...['generate', at(model), 'to be', '--max-tokens', '12', '--seed', '3', '--backend', 'cpu', '--json'],
    ),
  ).text;

beforeAll(async () => {
  writeFileSync(at('text.txt'), WORDS);
  await train('llama', ...ofText('llama'), '--loss', 'stablemax');
});

describe('evenkeel export', () => {
  it('writes a folder that Evenkeel reads: the same text from the same seed, certified, interpolated', async () => {
    expect(await run('export', at('llama'), '--out', at('published'))).toContain(
      'The model learned by stablemax; transformers makes probabilities of the same logits by softmax.',
    );
    expect(readdirSync(at('published')).sort()).toEqual([
      'config.json',
      'evenkeel-manifest.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await write('published')).toBe(await write('llama'));
    const { matrices } = JSON.parse(await run('certify', at('published'), '--backend', 'cpu', '--json'));
    const { matrices: own } = JSON.parse(await run('certify', at('llama'), '--backend', 'cpu', '--json'));
    expect(matrices).toEqual(own);
    const { distance, values } = JSON.parse(
      await run(
        ...['interpolate', at('published'), at('llama'), '--data', at('text.txt'), '--alphas', '2'],
        ...['--batches', '1', '--out', at('path'), '--backend', 'cpu', '--json'],
      ),
    );
    expect(distance).toBe(0);
    expect(values.train.loss[0]).toBe(values.train.loss[1]);
  });

  it('writes what other programs read: a tokenizer with the same ids, a config with its own end of text', async () => {
    const { characters } = json('llama', 'run.json').tokenizer;
    const other = new PublishedTokenizer(
      json('published', 'tokenizer.json'),
      json('published', 'tokenizer_config.json'),
    );
    expect(other.encode(WORDS, { add_special_tokens: false }).ids).toEqual([
      ...characterTokenizer(characters).encode(WORDS),
    ]);
    expect(json('published', 'config.json')).toMatchObject({
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      vocab_size: characters.length,
    });
    expect(json('published', 'generation_config.json')).toEqual({ bos_token_id: null, eos_token_id: null });
  });

  it('takes a checkpoint, halves numbers, and replaces a model only when that is wanted', async () => {
    const size = (name: string) => readFileSync(at(name, 'model.safetensors')).length;
    const half = [
      'export',
      at('llama'),
      '--checkpoint',
      'step-00000003',
      '--dtype',
      'BF16',
      '--out',
      at('half'),
    ];
    await run(...half);
    expect(size('half')).toBeLessThan(0.6 * size('published'));
    expect(json('half', 'config.json').torch_dtype).toBe('bfloat16');
    expect((await evenkeel(...half)).errors).toContain('holds a model already');
    await run(...half, '--overwrite');
    const model = await GPT.load(at('half'));
    model.dispose();
    expect((await evenkeel('export', at('llama'), '--out', root, '--overwrite')).errors).toContain(
      'something else',
    );
    expect((await evenkeel(...half, '--dtype', 'F8')).errors).toContain('Allowed choices are F32, F16, BF16');
    expect(existsSync(at('text.txt'))).toBe(true);
  });

  it('is learned on from in its own tokens', async () => {
    // Fewer characters: with a vocabulary of its own the text would have other ids.
    writeFileSync(at('fewer.txt'), 'to be or not to be '.repeat(40));
    await train('on', '--text', at('fewer.txt'), '--model', at('published'));
    expect(json('on', 'run.json').tokenizer).toEqual(json('llama', 'run.json').tokenizer);
    await run('export', at('on'), '--out', at('again'));
    expect(json('again', 'tokenizer.json')).toEqual(json('published', 'tokenizer.json'));
  });

  it.each([
    ['lipschitz', []],
    ['llama', ['--model.activation', 'maxMin']],
    ['llama', ['--expandHead']],
  ])('says by name what has no published layout, and reads it itself: %s %j', async (model, choices) => {
    const name = [model, ...choices].join('');
    await train(name, ...ofText(model), ...choices);
    expect(await run('export', at(name), '--out', at(`${name}-out`))).toContain(
      `No published layout describes this model (architecture '${model}'`,
    );
    expect(json(`${name}-out`, 'config.json').model_type).toBe('evenkeel');
    expect(await write(`${name}-out`)).toBe(await write(name));
  });

  it('says how to read a tokenizer where transformers does not believe the folder', async () => {
    await train('qwen2', ...ofText('llama'), '--model.qkvBias');
    const note = 'read this one with PreTrainedTokenizerFast.from_pretrained';
    expect(await run('export', at('qwen2'), '--out', at('qwen2-out'))).toContain(note);
    expect(json('qwen2-out', 'config.json').model_type).toBe('qwen2');
    expect(await run('export', at('llama'), '--out', at('llama-out'))).not.toContain(note);
  });

  it('refuses a plain network by name', async () => {
    await train(
      'mlp',
      '--data',
      'modularArithmetic',
      '--data.modulus',
      '5',
      '--model',
      'mlp',
      '--model.hidden',
      '4',
    );
    const { errors, code } = await evenkeel('export', at('mlp'), '--out', at('never'));
    expect(errors).toContain("a plain network (architecture 'mlp'), for which there is no published layout");
    expect(code).toBe(1);
    expect(existsSync(at('never'))).toBe(false);
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
