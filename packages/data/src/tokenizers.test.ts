import { gpt2Tokenizer, streamingDecoder, type Tokenizer, tokenizerFromJson } from '@evenkeel/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { published, publishedTokenizer } from '../test/published-tokenizers.js';
import { textWithTraps } from '../test/texts.js';
import { wordEndsBefore } from './word-boundary.js';

const gpt2 = await gpt2Tokenizer();
const gpt2FromJson = publishedTokenizer('gpt2');
const llama3 = publishedTokenizer('llama3');

describe('gpt2Tokenizer', () => {
  it('gives the published tokens', () => {
    expect(gpt2.encode("Hello world! It's 2024.")).toEqual([15496, 995, 0, 632, 338, 48609, 13]);
    expect([gpt2.vocabSize, gpt2.endOfText, gpt2.name]).toEqual([50257, 50256, 'gpt2']);
    expect(gpt2.decode([15496, 995, 50256])).toBe('Hello world<|endoftext|>');
  });

  it('agrees with the published tokenizer.json on every text', () => {
    fc.assert(
      fc.property(textWithTraps, (text) => {
        const tokens = gpt2.encode(text);
        expect(tokens).toEqual(gpt2FromJson.encode(text));
        expect(gpt2.decode(tokens)).toBe(text);
        expect(gpt2FromJson.decode(tokens)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    // As Rust's tokenizers 0.23.2 encode them: U+FEFF is no white space, U+0085 is.
    ['a \ufeffb', [64, 27332, 119, 123, 65]],
    ['a \u0085b', [64, 220, 126, 227, 65]],
  ])('takes for white space what Unicode does: %j', (text, tokens) => {
    expect(gpt2.encode(text)).toEqual(tokens);
    expect(gpt2FromJson.encode(text)).toEqual(tokens);
  });

  it('takes <|endoftext|> in a text for what it is, letters; tokenizer.json takes it for the token', () => {
    expect(gpt2.encode('<|endoftext|>')).toHaveLength(7);
    expect(gpt2FromJson.encode('<|endoftext|>')).toEqual([50256]);
  });

  it('agrees with it on words without end', () => {
    for (const word of ['a', 'ab', '字', '!', '\n', ' ', '12', 'é😀']) {
      for (const text of [word.repeat(300), `Look: ${word.repeat(400)}\n\n  end`]) {
        expect(gpt2.encode(text)).toEqual(gpt2FromJson.encode(text));
      }
    }
    expect(gpt2.decode(gpt2.encode('字'.repeat(200_000)))).toBe('字'.repeat(200_000));
  });

  it('keeps a byte order mark, and nothing from one call to the next', () => {
    expect(gpt2.decode(gpt2.encode('\ufeffa'))).toBe('\ufeffa');
    const [first] = gpt2.encode('😀');
    expect([gpt2.decode([first]), gpt2.decode([64])]).toEqual(['\ufffd', 'a']);
  });

  it('refuses tokens it does not have', () => {
    expect(() => gpt2.decode([50257])).toThrow('gpt2Tokenizer: token 50257 is not in the vocabulary');
    expect(() => gpt2FromJson.decode([-1])).toThrow('tokenizerFromJson: token -1 is not in the vocabulary');
  });
});

describe('tokenizerFromJson', () => {
  it('refuses an object that is no JSON, since it lies in itself', () => {
    const json: { model?: object } = {};
    json.model = json;
    expect(() => tokenizerFromJson(json)).toThrow(/^tokenizerFromJson: the content is no JSON \(.*circular/);
  });

  it('reads what its files say, and adds no tokens', () => {
    expect([llama3.vocabSize, llama3.endOfText]).toEqual([128256, 128009]);
    expect(llama3.encode('Hello world')).toEqual([9906, 1917]);
    expect(llama3.decode([9906, 1917])).toBe('Hello world');
    expect([gpt2FromJson.endOfText, gpt2FromJson.encode(''), gpt2FromJson.decode([])]).toEqual([
      50256,
      [],
      '',
    ]);
  });

  it('works without a configuration, and takes a name', () => {
    const json = JSON.parse(published('gpt2', 'tokenizer'));
    const tokenizer = tokenizerFromJson(json, undefined, { name: 'mine' });
    expect([tokenizer.name, tokenizer.endOfText, tokenizer.vocabSize]).toEqual(['mine', 50256, 50257]);
    expect(tokenizerFromJson(json).name).toBe('tokenizer.json');
  });

  it('needs no more than a model', () => {
    const model = { type: 'WordPiece', vocab: { '[UNK]': 0, to: 1, be: 2 }, unk_token: '[UNK]' };
    const tokenizer = tokenizerFromJson({ model, pre_tokenizer: { type: 'WhitespaceSplit' } });
    expect([tokenizer.encode('to be be or'), tokenizer.vocabSize]).toEqual([[1, 2, 2, 0], 3]);
  });

  it('keeps spaces before signs when decoding', () => {
    const text = "a , b . do n't";
    expect(llama3.decode(llama3.encode(text))).toBe(text);
  });

  it.each([
    ['tokenizer.json', 'tokenizerFromJson: tokenizer.json is no JSON (Unexpected token'],
    ['[]', 'tokenizerFromJson: tokenizer.json is [object Array], expected an object'],
    ['{}', 'tokenizerFromJson: tokenizer.json cannot be read: model is undefined, expected an object.'],
    [
      '{"model": {"type": "BPE"}}',
      'tokenizer.json cannot be read: model.vocab is undefined, expected an object of tokens',
    ],
    [
      '{"model": {"type": "WordPiece", "vocab": {}}}',
      'model.vocab is [object Object], expected at least one token.',
    ],
    [
      '{"model": {"type": "WordPiece", "vocab": {"a": 1e9}}}',
      "model.vocab['a'] is 1000000000, expected an id from 0 to 2097151.",
    ],
    [
      '{"model": {"type": "WordPiece", "vocab": {"a": 0}}, "added_tokens": [{"id": "x"}]}',
      "added_tokens[0].id is 'x', expected an id from 0 to 2097151.",
    ],
    ['{"model": {"type": "Nonsense", "vocab": {}}}', 'tokenizerFromJson: tokenizer.json cannot be read'],
    [
      '{"model": {"type": "WordPiece", "vocab": {"a": -1}}}',
      'tokenizerFromJson: tokenizer.json cannot be read',
    ],
  ])('refuses %s', (content, message) => {
    expect(() => tokenizerFromJson(content)).toThrow(message);
  });
});

describe('canSplit', () => {
  it.each<[string, Tokenizer]>([
    ['gpt2', gpt2],
    ['a tokenizer.json', gpt2FromJson],
    ['llama3', llama3],
  ])('of %s allows only cuts that leave the tokens as they are', (_, tokenizer) => {
    fc.assert(
      fc.property(textWithTraps, (text) => {
        const whole = [...tokenizer.encode(text)];
        for (let at = 1; at < text.length; at++) {
          if (!tokenizer.canSplit!(text, at)) continue;
          const parts = [...tokenizer.encode(text.slice(0, at)), ...tokenizer.encode(text.slice(at))];
          expect(parts).toEqual(whole);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('finds a place behind every word of a sentence', () => {
    const text = 'To be, or not';
    const places = Array.from(text, (_, at) => at).filter((at) => at > 0 && wordEndsBefore(text, at));
    expect(places).toEqual([2, 5, 9]);
  });

  it('does not cut through an added token', () => {
    const at = '<|endoftext'.length;
    expect([gpt2FromJson.canSplit!('<|endoftext|>', at), gpt2.canSplit!('<|endoftext|>', at)]).toEqual([
      false,
      true,
    ]);
  });

  it('is left out where nothing is known about the tokenizer', () => {
    const json = JSON.parse(published('gpt2', 'tokenizer'));
    for (const change of [
      { normalizer: { type: 'Lowercase' } },
      { pre_tokenizer: null },
      { pre_tokenizer: { ...json.pre_tokenizer, add_prefix_space: true } },
      { added_tokens: [{ ...json.added_tokens[0], single_word: true }] },
    ]) {
      expect(tokenizerFromJson({ ...json, ...change }).canSplit).toBeUndefined();
    }
  });
});

describe('streamingDecoder', () => {
  it.each<[string, Tokenizer]>([
    ['gpt2', gpt2],
    ['llama3', llama3],
  ])('gives the text of all tokens of %s, without breaking a character', (_, tokenizer) => {
    fc.assert(
      fc.property(textWithTraps, fc.integer({ min: 1, max: 3 }), (text, size) => {
        const tokens = [...tokenizer.encode(text)];
        const decoder = streamingDecoder(tokenizer);
        let all = '';
        for (let i = 0; i < tokens.length; i += size) {
          const piece = decoder.push(tokens.slice(i, i + size));
          if (!text.includes('\ufffd')) expect(piece).not.toContain('\ufffd');
          all += piece;
        }
        expect(all + decoder.end()).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('agrees with decode on random tokens, which are no text', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }), (tokens) => {
        const decoder = streamingDecoder(gpt2);
        const all = tokens.map((token) => decoder.push(token)).join('') + decoder.end();
        expect(all).toBe(gpt2.decode(tokens));
      }),
      { numRuns: 500 },
    );
  });

  it('waits for the rest of a character, and says so if it never comes', () => {
    const [first, ...others] = gpt2.encode('😀');
    const decoder = streamingDecoder(gpt2);
    expect([decoder.push(first), decoder.push([]), decoder.push(others)]).toEqual(['', '', '😀']);
    expect([decoder.push(first), decoder.end(), decoder.end()]).toEqual(['', '\ufffd', '']);
  });
});
