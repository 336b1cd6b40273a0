import {
  characterTokenizer,
  gpt2Tokenizer,
  streamingDecoder,
  TokenDataset,
  tokenize,
  tokenizerFromJson,
} from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';

const text = 'To be, or not to be: that is the question. 😀\n'.repeat(50);

describe('in a page', () => {
  it('tokenizes Files and makes batches from Blobs and buffers', async () => {
    const tokenizer = characterTokenizer(text);
    const { bytes, sidecar } = await tokenize([new File([text], 'hamlet.txt')], { tokenizer });
    expect(sidecar.count).toBe([...text].length);
    const json = JSON.stringify(sidecar);
    for (const file of [
      { bytes, sidecar },
      { bytes: bytes.buffer as ArrayBuffer, sidecar: json },
      { bytes: new File([bytes as BlobPart], 'hamlet.bin'), sidecar: new File([json], 'hamlet.bin.json') },
    ]) {
      const data = await TokenDataset.open(file, { contextLength: 16, batchSize: 2, order: 'sequential' });
      await data.verify();
      const { inputs, targets } = await data.batch();
      expect(tokenizer.decode(await inputs.data<'int32'>())).toBe(text.slice(0, 32));
      expect(tokenizer.decode(await targets.data<'int32'>())).toBe(text.slice(1, 33));
      tf.dispose([inputs, targets]);
    }
  });

  it('has GPT-2’s tokenizer and reads tokenizer.json', async () => {
    const gpt2 = await gpt2Tokenizer();
    const tokens = gpt2.encode(text);
    expect(gpt2.decode(tokens)).toBe(text);
    const decoder = streamingDecoder(gpt2);
    expect(Array.from(tokens, (token) => decoder.push(token)).join('') + decoder.end()).toBe(text);
    const words = { type: 'WordPiece', vocab: { '[UNK]': 0, to: 1, be: 2 }, unk_token: '[UNK]' };
    const tokenizer = tokenizerFromJson({ model: words, pre_tokenizer: { type: 'WhitespaceSplit' } });
    expect(tokenizer.encode('to be be')).toEqual([1, 2, 2]);
  });

  it('says that files have no names there', async () => {
    await expect(TokenDataset.open('corpus.bin', { contextLength: 8 })).rejects.toThrow(
      'TokenDataset.open: files can only be opened by name in Node',
    );
    await expect(tokenize('a', { tokenizer: characterTokenizer('a'), out: 'a.bin' })).rejects.toThrow(
      'tokenize: files can only be opened by name in Node',
    );
  });
});
