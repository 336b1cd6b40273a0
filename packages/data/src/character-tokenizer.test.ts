import { characterTokenizer } from '@evenkeel/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('characterTokenizer', () => {
  it('numbers the characters of a text by code point', () => {
    const tokenizer = characterTokenizer('hello 😀é');
    expect(tokenizer.vocabulary).toEqual([' ', 'e', 'h', 'l', 'o', 'é', '😀']);
    expect(tokenizer.vocabSize).toBe(7);
    expect(Array.from(tokenizer.encode('hé😀'))).toEqual([2, 5, 6]);
    expect(tokenizer.decode([2, 5, 6])).toBe('hé😀');
  });

  it('gives back every text it was made from, also after a trip through JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const tokenizer = characterTokenizer(text);
        const again = characterTokenizer(JSON.parse(JSON.stringify(tokenizer.vocabulary)));
        expect(again.decode(tokenizer.encode(text))).toBe(text);
        expect(tokenizer.encode(text)).toHaveLength([...text].length);
      }),
    );
  });

  it('says which character or token it does not know', () => {
    const tokenizer = characterTokenizer('ab');
    expect(() => tokenizer.encode('aß')).toThrow(
      "characterTokenizer: character 1 is 'ß' (U+00DF), which is not in the vocabulary.",
    );
    for (const token of [2, -1, 0.5]) {
      expect(() => tokenizer.decode([0, token])).toThrow(
        `characterTokenizer: token ${token} is not in the vocabulary, expected 0 to 1.`,
      );
    }
  });

  it('refuses a vocabulary that is none', () => {
    expect(() => characterTokenizer('')).toThrow('there are no characters');
    expect(() => characterTokenizer(['a', 'b', 'a'])).toThrow("vocabulary[2] is 'a' for the second time");
    expect(() => characterTokenizer(['a', 'bc'])).toThrow(
      "vocabulary[1] is 'bc', expected a single character",
    );
    expect(() => characterTokenizer([3] as unknown as string[])).toThrow('vocabulary[0] is 3');
    expect(() => characterTokenizer(null as unknown as string)).toThrow('the source is null');
  });
});
