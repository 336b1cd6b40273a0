import { characterTokenizer, gpt2Tokenizer, tokenizerFromJson, tokenizerToJson } from '@evenkeel/data';
import { Tokenizer as PublishedTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { published } from '../test/published-tokenizers.js';
import { textWithTraps } from '../test/texts.js';

/** As another program reads it. */
const read = (json: string) => new PublishedTokenizer(JSON.parse(json), {});

describe('tokenizerToJson', () => {
  it('writes characters as @huggingface/tokenizers reads them: the same ids, the same text', async () => {
    await fc.assert(
      fc.asyncProperty(textWithTraps, async (text) => {
        const whole = `${text.replace(/\p{Surrogate}/gu, '')}0 \n\t"\\`;
        const tokenizer = characterTokenizer(whole);
        const other = read(await tokenizerToJson(tokenizer));
        const ids = [...tokenizer.encode(whole)];
        expect(other.encode(whole, { add_special_tokens: false }).ids).toEqual(ids);
        const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
        expect(other.decode(ids, options)).toBe(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('is read back as the tokenizer that it was', async () => {
    const tokenizer = characterTokenizer('to be, or not\n');
    const back = tokenizerFromJson(await tokenizerToJson(tokenizer));
    expect(back).toMatchObject({ name: 'character', vocabulary: tokenizer.vocabulary });
    expect(() => back.encode('€')).toThrow('not in the vocabulary');
  });

  it('writes GPT-2’s vocabulary and merges as published', async () => {
    const { model, added_tokens } = JSON.parse(await tokenizerToJson(await gpt2Tokenizer()));
    const { model: wanted } = JSON.parse(published('gpt2', 'tokenizer'));
    const asText = (merge: unknown) => (Array.isArray(merge) ? merge.join(' ') : merge);
    expect(model.vocab).toEqual(wanted.vocab);
    expect(model.merges).toEqual(wanted.merges.map(asText));
    expect(added_tokens[0]).toMatchObject({ id: 50256, content: '<|endoftext|>' });
  });

  it('names a tokenizer that came from a file of its own', async () => {
    const other = { name: 'llama', vocabSize: 1, encode: () => [0], decode: () => '' };
    await expect(tokenizerToJson(other)).rejects.toThrow("the tokenizer is 'llama', expected one of");
  });
});
