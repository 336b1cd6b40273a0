import { characterTokenizer, tokenizerFromFiles } from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { describeOnBackends } from '@evenkeel/testing';
import { expect, it } from 'vitest';
import { writingOf } from './writing.js';

const size = { contextLength: 8, layers: 1, heads: 1, width: 4 };
const vocab = { '[UNK]': 0, to: 1, be: 2, '<s>': 3, '</s>': 5 };
const added = (['<s>', '</s>'] as const).map((content) => ({
  ...{ id: vocab[content], content, special: true },
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
}));
const files = (post_processor: object | null, config: object = {}) => ({
  'tokenizer.json': JSON.stringify({
    ...{ added_tokens: added, pre_tokenizer: { type: 'WhitespaceSplit' }, post_processor },
    model: { type: 'WordPiece', unk_token: '[UNK]', vocab },
  }),
  'tokenizer_config.json': JSON.stringify(config),
});
const template = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
  special_tokens: { '<s>': { ids: [3] } },
};

describeOnBackends('writingOf', () => {
  const withModel = <T>(published: ConstructorParameters<typeof GPT>[1], use: (model: GPT) => T): T => {
    const model = new GPT({ architecture: 'gpt2', vocabSize: 8, ...size }, published);
    try {
      return use(model);
    } finally {
      model.dispose();
    }
  };

  it('begins with what the tokenizer puts in front of a text, once', () =>
    withModel({}, (model) => {
      const { begin } = writingOf(model, tokenizerFromFiles(files(template)));
      expect(begin('to be')).toEqual([3, 1, 2]);
      expect(begin('<s> to be')).toEqual([3, 1, 2]);
      expect(begin()).toEqual([3]);
    }));

  it('adds nothing that is not asked for, and begins a text with what its files name', () =>
    withModel({ published: { generation: { bos_token_id: 3 } } }, (model) => {
      const { begin } = writingOf(model, tokenizerFromFiles(files(null)));
      expect(begin('to be')).toEqual([1, 2]);
      expect(begin('')).toEqual([3]);
      expect(writingOf(model, characterTokenizer('\nab')).begin('ab')).toEqual([1, 2]);
    }));

  it('begins with a line break, or the first character, where nothing else is known', () =>
    withModel({}, (model) => {
      expect(writingOf(model, characterTokenizer('\tab\n')).begin()).toEqual([1]);
      expect(writingOf(model, characterTokenizer('ab')).begin()).toEqual([0]);
    }));

  it('ends at all tokens that end a text, and draws only those that can be decoded', () =>
    withModel({ published: { generation: { eos_token_id: [2, 5] } } }, (model) => {
      const { options } = writingOf(model, tokenizerFromFiles(files(null, { eos_token: '</s>' })));
      expect(options.endOfText).toEqual([2, 5]);
      expect(options.allowedTokens).toEqual([true, true, true, true, false, true, false, false]);
      expect(writingOf(model, characterTokenizer('abc')).options.allowedTokens).toBe(3);
    }));
});
