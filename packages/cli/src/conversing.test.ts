import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokenizerFromFiles } from '@evenkeel/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';
import { BOS, EOS, publishedFolder, tokenizerJson } from '../test/published.js';
import { Conversation } from './conversation.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-conversing-'));
const at = (name: string) => join(root, name);
const bin = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url));
const TEMPLATE =
  "{{ bos_token }}{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}" +
  '{% if add_generation_prompt %}[assistant] {% endif %}';
const small = [
  ...['--model', 'gpt2', '--model.layers', '1', '--model.heads', '1', '--model.width', '8'],
  ...['--model.contextLength', '8', '--backend', 'cpu'],
];
beforeAll(() => writeFileSync(at('text.txt'), 'to be or not to be '.repeat(20)));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a conversation', () => {
  const tokenizer = tokenizerFromFiles({
    'tokenizer.json': JSON.stringify(tokenizerJson()),
    'tokenizer_config.json': JSON.stringify({ bos_token: '<s>', eos_token: '</s>', chat_template: TEMPLATE }),
  });

  it('is written by the template of the model, with its special tokens', async () => {
    const conversation = await Conversation.begin(tokenizer, 'template', 'Be kind.');
    expect(conversation.ask('Hi')).toBe('<s>[system] Be kind.\n[user] Hi\n[assistant] ');
    conversation.answered('Hello');
    const prompt = conversation.ask('Bye');
    expect(prompt).toContain('[user] Hi\n[assistant] Hello\n[user] Bye\n[assistant] ');
    expect(Array.from(tokenizer.encode(prompt)).filter((token) => token === BOS)).toHaveLength(1);
    conversation.takeBack();
    expect(conversation.ask('Ciao')).not.toContain('Bye');
  });

  it('is an instruction, or a text that goes on', async () => {
    expect((await Conversation.begin(tokenizer, 'instructions')).ask('Add.')).toContain(
      '### Instruction:\nAdd.',
    );
    const text = await Conversation.begin(tokenizer, 'text');
    text.ask('Once ');
    text.answered('upon ');
    expect(text.ask('a')).toBe('Once upon a');
  });
});

describe('evenkeel chat', () => {
  it('answers each line by the template, and ends where the model ends', async () => {
    const model = await publishedFolder(at('model'), { likeliest: EOS });
    writeFileSync(join(model, 'chat_template.jinja'), TEMPLATE);
    const args = [bin, 'chat', model, '--json', '--backend', 'cpu', '--max-tokens', '5'];
    const out = execFileSync(process.execPath, args, { input: 'Hi\n\nBye\n', encoding: 'utf8' });
    const turns = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(turns).toEqual([
      { prompt: 'Hi', text: '', stopped: false },
      { prompt: 'Bye', text: '', stopped: false },
    ]);
  });

  it('stops an answer at Ctrl-C, and at a second one the conversation', async () => {
    const model = await publishedFolder(at('endless'), { likeliest: BOS + 2 });
    const args = [bin, 'chat', model, '--backend', 'cpu', '--max-tokens', '1000000', '--form', 'text'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    try {
      child.stdin.write('Hi\n');
      await once(child.stdout, 'data'); // it has begun to answer, and would not end by itself
      const answered = new Promise<void>((resolve) => {
        child.stdout.on('data', (piece: Buffer) => {
          if (String(piece).endsWith('\n')) resolve();
        });
      });
      child.kill('SIGINT');
      await answered;
      expect(child.exitCode).toBeNull();
      child.kill('SIGINT');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('evenkeel evaluate', () => {
  it('measures each part, as training did, and other data as a whole', async () => {
    const args = ['train', '--text', at('text.txt'), '--steps', '3', '--out', at('run'), ...small];
    expect((await evenkeel(...args)).code).toBe(0);
    const evaluate = async (...more: string[]) =>
      JSON.parse((await evenkeel('evaluate', at('run'), '--json', '--backend', 'cpu', ...more)).out);
    const { step, train, validation } = await evaluate();
    const lines = readFileSync(join(at('run'), 'metrics.jsonl'), 'utf8').split('\n');
    const last = lines.flatMap((line) => (line.includes('validationLoss') ? [JSON.parse(line)] : [])).at(-1);
    expect(step).toBe(3);
    expect(validation.loss).toBeCloseTo(last.validationLoss, 5);
    expect(validation.accuracy).toBeCloseTo(last.validationAccuracy, 5);
    expect(validation.perplexity).toBeCloseTo(Math.exp(validation.loss), 5);
    expect(train.labels).toBeGreaterThan(validation.labels);

    writeFileSync(at('other.txt'), 'not to be '.repeat(20));
    const other = await evaluate('--data', at('other.txt'));
    expect(Object.keys(other)).toEqual(['model', 'step', 'data']);
    expect(other.data.labels).toBeGreaterThan(180);
    expect((await evaluate('--data', at('other.txt'), '--batches', '1')).data.labels).toBeLessThan(180);
    const { out } = await evenkeel('evaluate', at('run'), '--backend', 'cpu');
    expect(out).toMatch(/at step 3 +loss +perplexity +accuracy +labels/);
  });

  it('says what it needs', async () => {
    const model = await publishedFolder(at('bare'));
    const { errors, code } = await evenkeel('evaluate', model, '--backend', 'cpu');
    expect(errors).toContain('there are no data to judge by');
    expect(code).toBe(1);
    expect((await evenkeel('evaluate', model, '--data', at('text.txt'), '--backend', 'cpu')).code).toBe(0);
  });
});
