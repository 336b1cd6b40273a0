import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type TokenizerFiles,
  tokenizerFromFiles,
  tokenizerFromFolder,
  tokenizerFromJson,
} from '@evenkeel/data';
import { afterAll, describe, expect, it } from 'vitest';
import { published } from '../test/published-tokenizers.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-tokenizer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
/** A tokenizer of whole words, with some added tokens behind the words; those in angle brackets with an e are special. */
function json(added: readonly string[], more: object = {}, special: readonly string[] = added): object {
  const tokens = ['[UNK]', 'to', 'be', ...added];
  return {
    added_tokens: added.map((content) => ({
      ...{ id: tokens.indexOf(content), content, ...flags },
      special: special.includes(content),
    })),
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]' },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
    ...more,
  };
}
const open = (tokenizer: object, others: Partial<Record<keyof TokenizerFiles, object | string>> = {}) =>
  tokenizerFromFiles(
    Object.fromEntries(
      Object.entries({ 'tokenizer.json': tokenizer, ...others }).map(([name, content]) => [
        name,
        typeof content === 'string' ? content : JSON.stringify(content),
      ]),
    ) as unknown as TokenizerFiles,
  );

describe('tokenizerFromFiles', () => {
  it.each<[string, object | undefined, object | undefined, object | undefined, number | undefined]>([
    ['a name', { eos_token: '<eos>' }, undefined, undefined, 3],
    ['a token', { eos_token: { content: '<eos>', lstrip: false } }, undefined, undefined, 3],
    ['the map', { eos_token: null }, { eos_token: { content: '<eos>' } }, undefined, 3],
    ['the generation', undefined, undefined, { eos_token_id: [3, 5] }, 3],
    ['the configuration before the generation', { eos_token: '</s>' }, undefined, { eos_token_id: 3 }, 5],
    ['nothing, so that a usual name is taken', undefined, undefined, undefined, 5],
  ])('takes the end of text from %s', (_, config, map, generation, expected) => {
    const tokenizer = open(json(['<eos>', '<s>', '</s>'], {}, ['</s>']), {
      ...(config ? { 'tokenizer_config.json': config } : {}),
      ...(map ? { 'special_tokens_map.json': map } : {}),
      ...(generation ? { 'generation_config.json': generation } : {}),
    });
    expect(tokenizer.endOfText).toBe(expected);
    expect(tokenizer.endTokens).toContain(expected);
  });

  it('takes no token for the end of text that is not marked as special, such as the HTML tag </s> of Gemma', () => {
    expect(open(json(['<eos>', '<s>', '</s>'], {}, ['<eos>'])).endOfText).toBe(3);
    expect(open(json(['<s>', '</s>'], {}, [])).endOfText).toBeUndefined();
    const deepSeek = open(json(['<｜end▁of▁sentence｜>']), {
      'tokenizer_config.json': { eos_token: { content: '<｜end▁of▁sentence｜>' } },
    });
    expect(deepSeek.endOfText).toBe(3);
  });

  it('knows every token at which a model ends, and the other special ones', () => {
    const tokenizer = open(json(['<eos>', '<turn>', '<bos>', '<pad>']), {
      'tokenizer_config.json': {
        eos_token: '<eos>',
        bos_token: '<bos>',
        pad_token: '<pad>',
        unk_token: '[UNK]',
      },
      'generation_config.json': { eos_token_id: [4, 3] },
    });
    expect([...tokenizer.endTokens].sort()).toEqual([3, 4]);
    expect([tokenizer.beginOfText, tokenizer.padToken, tokenizer.unknownToken]).toEqual([5, 6, 0]);
    expect([...tokenizer.specialTokens]).toEqual([3, 4, 5, 6]);
  });

  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [3], tokens: ['<s>'] } },
  };
  const behind = {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
    special_tokens: { '</s>': { id: '</s>', ids: [4], tokens: ['</s>'] } },
  };
  it.each<[string, object | null, object, number[], number[]]>([
    ['nothing', null, {}, [], []],
    ['a template', template, {}, [3], []],
    ['byte level', { type: 'ByteLevel', trim_offsets: true }, {}, [], []],
    ['a sequence', { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template, behind] }, {}, [3], [4]],
    ['BERT', { type: 'BertProcessing', cls: ['<s>', 3], sep: ['</s>', 4] }, {}, [3], [4]],
    ['RoBERTa', { type: 'RobertaProcessing', cls: ['<s>', 3], sep: ['</s>', 4] }, {}, [3], [4]],
    ['the flag of DeepSeek', { type: 'ByteLevel' }, { add_bos_token: true }, [3], []],
    ['a flag that says what the template does', template, { add_bos_token: true }, [3], []],
    ['a flag against the template', template, { add_bos_token: false }, [], []],
    ['both flags', null, { add_bos_token: true, add_eos_token: true }, [3], [4]],
  ])('reads what is put around a text: %s', (_, post_processor, flags, prefix, suffix) => {
    const tokenizer = open(json(['<s>', '</s>'], { post_processor }), {
      'tokenizer_config.json': { bos_token: '<s>', eos_token: '</s>', ...flags },
    });
    expect([tokenizer.prefix, tokenizer.suffix]).toEqual([prefix, suffix]);
    expect(tokenizer.encode('to be')).toEqual([1, 2]);
  });

  it('adds the tokens that only the configuration has', () => {
    const config = {
      added_tokens_decoder: { 3: { content: '<s>', special: true }, 5: { content: '<new>', special: true } },
    };
    const tokenizer = open(json(['<s>']), { 'tokenizer_config.json': config });
    expect([tokenizer.vocabSize, tokenizer.has(4), tokenizer.has(5)]).toEqual([6, false, true]);
    expect(tokenizer.encode('to<new>be')).toEqual([1, 5, 2]);
    expect(() => tokenizer.decode([4])).toThrow(
      'token 4 is not in the vocabulary, expected 0 to 5 without the gaps',
    );
    const other = { added_tokens_decoder: { 4: { content: '<s>' } } };
    expect(() => open(json(['<s>']), { 'tokenizer_config.json': other })).toThrow(
      "tokenizer_config.json gives '<s>' the id 4, expected 3 as in tokenizer.json. Do the files belong to the same model?",
    );
  });

  it('reads the chat template, and keeps the files as they came', () => {
    const config = {
      chat_template: [
        { name: 'tool_use', template: 'tools' },
        { name: 'default', template: 'hello' },
      ],
    };
    const tokenizer = open(json([]), { 'tokenizer_config.json': config });
    expect(tokenizer.chatTemplate).toBe('hello');
    expect(open(json([]), { 'tokenizer_config.json': { chat_template: 'hi' } }).chatTemplate).toBe('hi');
    const both = { 'tokenizer_config.json': config, 'chat_template.jinja': '{{ bos_token }}' };
    expect(open(json([]), both).chatTemplate).toBe('{{ bos_token }}');
    expect(open(json([])).chatTemplate).toBeUndefined();
    expect(JSON.parse(tokenizer.files['tokenizer_config.json']!)).toEqual(config);
    expect(tokenizerFromFiles(tokenizer.files).chatTemplate).toBe('hello');
  });

  it.each<[object, Parameters<typeof open>[1], string]>([
    [
      json([]),
      { 'tokenizer_config.json': { eos_token: '<end>' } },
      "tokenizer_config.json names eos_token '<end>', expected a token of tokenizer.json.",
    ],
    [
      json([]),
      { 'generation_config.json': { eos_token_id: [1, 9] } },
      'generation_config.json has eos_token_id 9, expected ids from 0 to 2.',
    ],
    [
      json([]),
      { 'generation_config.json': { eos_token_id: '1' } },
      "generation_config.json has eos_token_id '1'",
    ],
    [
      json([]),
      { 'special_tokens_map.json': '[]' },
      'special_tokens_map.json is [object Array], expected an object.',
    ],
    [json([]), { 'tokenizer_config.json': '{' }, 'tokenizer_config.json is no JSON'],
    [
      json([], { post_processor: { type: 'TemplateProcessing', single: [] } }),
      {},
      'post_processor.single is 0, expected a template with the text in it once',
    ],
    [
      json([], { post_processor: { type: 'TemplateProcessing' } }),
      {},
      'post_processor.single is undefined, expected a list',
    ],
    [
      json([], { post_processor: { ...template, special_tokens: {} } }),
      {},
      'post_processor.special_tokens.<s> is undefined, expected an object',
    ],
    [
      json([], { post_processor: { type: 'New' } }),
      {},
      "post_processor.type is 'New', expected a kind of post-processor",
    ],
    [
      json([], { post_processor: { type: 'Sequence' } }),
      {},
      'post_processor.processors is undefined, expected a list',
    ],
  ])('refuses files that contradict each other: %#', (tokenizer, others, message) => {
    expect(() => open(tokenizer, others)).toThrow('tokenizerFromFiles: ');
    expect(() => open(tokenizer, others)).toThrow(message);
  });

  it('says the same as tokenizerFromJson of a published tokenizer', () => {
    const [tokenizer, config] = [published('llama3', 'tokenizer'), published('llama3', 'config')];
    const whole = tokenizerFromFiles({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config });
    expect(whole.prefix).toEqual([128000]);
    expect([whole.beginOfText, whole.endOfText, whole.vocabSize]).toEqual([128000, 128009, 128256]);
    expect(whole.chatTemplate).toContain('start_header_id');
    expect(tokenizerFromJson(tokenizer, config).prefix).toEqual(whole.prefix);
  });
});

describe('tokenizerFromFolder', () => {
  const write = (name: string, files: Record<string, object | string>) => {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files))
      writeFileSync(
        join(folder, name, file),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
    return join(folder, name);
  };

  it('reads the folder, or the neighbours of its tokenizer.json', async () => {
    const path = write('whole', {
      'tokenizer.json': json(['<eos>', '</s>']),
      'tokenizer_config.json': { eos_token: '<eos>' },
      'generation_config.json': { eos_token_id: [3, 4] },
      'chat_template.jinja': 'hi',
      'other.json': json(['<eos>', '</s>']),
    });
    for (const place of [path, `${path}/`, join(path, 'tokenizer.json')]) {
      const tokenizer = await tokenizerFromFolder(place);
      expect([tokenizer.endOfText, tokenizer.endTokens, tokenizer.chatTemplate]).toEqual([3, [3, 4], 'hi']);
      expect(Object.keys(tokenizer.files)).toHaveLength(4);
    }
    expect((await tokenizerFromFolder(join(path, 'other.json'))).chatTemplate).toBeUndefined();
  });

  it('says what is missing', async () => {
    await expect(tokenizerFromFolder(write('empty', {}))).rejects.toThrow(
      "empty' has no tokenizer.json, expected one. Download it from where the model came from.",
    );
    await expect(tokenizerFromFolder(write('old', { 'vocab.json': {} }))).rejects.toThrow(
      'has no tokenizer.json, though vocab.json, expected one. Make it in Python',
    );
    await expect(tokenizerFromFolder(join(folder, 'none'))).rejects.toThrow("none' cannot be opened (ENOENT");
    await expect(tokenizerFromFolder(write('broken', { 'tokenizer.json': '{' }))).rejects.toThrow(
      'tokenizerFromFolder: tokenizer.json is no JSON',
    );
  });
});
