import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel, type Printed } from '../test/evenkeel.js';
import { EOS, publishedFolder, TOKENS } from '../test/published.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-published-'));
const [model, ends, text] = [join(root, 'model'), join(root, 'ends'), join(root, 'text.txt')];
const FILES = ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'];

beforeAll(async () => {
  writeFileSync(text, 'Once there was a small boat. '.repeat(40));
  await publishedFolder(model);
  await publishedFolder(ends, { likeliest: EOS });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const backend = ['--backend', 'cpu'];
const train = (...args: string[]) => evenkeel('train', '--text', text, '--steps', '2', ...backend, ...args);
const generate = (...args: string[]) =>
  evenkeel('generate', ...args, '--temperature', '0', '--json', ...backend);
const done = ({ code, errors }: Printed) => expect({ code, errors }).toMatchObject({ code: 0 });

describe('generate, with a published model', () => {
  it('ends at the tokens of generation_config.json, one or a list', async () => {
    for (const eos_token_id of [[3, EOS], EOS]) {
      writeFileSync(join(ends, 'generation_config.json'), JSON.stringify({ eos_token_id }));
      const { out } = await generate(ends, 'Hi', '--max-tokens', '5');
      expect(JSON.parse(out)).toMatchObject({ prompt: 'Hi', text: '' });
    }
  });

  it('goes on where another tokenizer names no such end', async () => {
    const other = at('other.json');
    writeFileSync(join(ends, 'generation_config.json'), '{}');
    writeFileSync(other, readFileSync(join(ends, 'tokenizer.json')));
    const { added_tokens, ...rest } = JSON.parse(readFileSync(other, 'utf8'));
    const plain = added_tokens.map((token: object) => ({ ...token, special: false }));
    writeFileSync(other, JSON.stringify({ ...rest, added_tokens: plain }));
    const { out } = await generate(ends, 'Hi', '--max-tokens', '2', '--tokenizer', other);
    expect(JSON.parse(out).text).toBe('</s></s>');
  });

  it('never draws what its tokenizer cannot decode', async () => {
    const padded = await publishedFolder(at('padded'), { likeliest: TOKENS + 3, padding: 8 });
    const { out, code } = await generate(padded, 'Hi', '--max-tokens', '3');
    expect(code).toBe(0);
    expect(JSON.parse(out).text).toHaveLength(3);
  });
});

describe('training from a published model', () => {
  it('uses its own tokenizer, which the run keeps, with all commands, also where the model is gone', async () => {
    done(await train('--model', model, '--out', at('a'), '--seed', '1'));
    done(await train('--model', model, '--out', at('b'), '--seed', '2'));
    for (const file of FILES)
      expect(readFileSync(join(at('a'), file), 'utf8')).toBe(readFileSync(join(model, file), 'utf8'));
    const stored = JSON.parse(readFileSync(join(at('a'), 'run.json'), 'utf8'));
    expect(stored.tokenizer).toEqual({ name: 'PreTrainedTokenizerFast' });
    expect(stored.model.gpt.vocabSize).toBe(TOKENS);

    renameSync(model, at('elsewhere'));
    const { out } = await generate(at('a'), 'Once', '--max-tokens', '4');
    expect(JSON.parse(out).prompt).toBe('Once');
    done(await evenkeel('resume', at('a'), '--steps', '4'));
    done(await evenkeel('certify', at('a'), ...backend));
    done(await evenkeel('interpolate', at('a'), at('b'), '--alphas', '2', '--out', at('path'), ...backend));
    done(await train('--model', at('a'), '--out', at('further')));
    for (const file of FILES) expect(existsSync(join(at('further'), file))).toBe(true);
    renameSync(at('elsewhere'), model);

    const swept = [
      '--text',
      text,
      '--model',
      model,
      '--steps',
      '2',
      '--over',
      'seed=1,2',
      '--out',
      at('sweep'),
    ];
    done(await evenkeel('sweep', ...swept, ...backend));
    expect(existsSync(join(at('sweep'), 'seed=1', 'tokenizer.json'))).toBe(true);
  });

  it('takes other tokens only where they are named, and characters never', async () => {
    const characters = await train('--model', model, '--data.tokenizer', 'characters', '--out', at('never'));
    expect(characters.errors).toContain(`expected the tokens that the model '${model}' learned`);
    const bin = at('characters.bin');
    await evenkeel('tokenize', text, '--tokenizer', 'characters', '--out', bin);
    const tokens = await evenkeel('train', '--data', bin, '--model', model, '--out', at('never'), ...backend);
    expect(tokens.errors).toContain('the data are characters, expected the tokens that the published model');

    const bare = await publishedFolder(at('bare'));
    const moved = at('moved.json');
    renameSync(join(bare, 'tokenizer.json'), moved);
    const missing = await train('--model', bare, '--out', at('never'));
    expect(missing.errors).toContain(
      `'${bare}' has no tokenizer.json, expected the one that its model learned with`,
    );
    expect(missing.code).toBe(1);
    expect(existsSync(at('never'))).toBe(false);
    done(await train('--model', bare, '--data.tokenizer', moved, '--out', at('named')));
  });
});
