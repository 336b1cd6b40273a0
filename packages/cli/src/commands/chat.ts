import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { PublishedTokenizer, Tokenizer } from '@evenkeel/data';
import { GPT } from '@evenkeel/gpt-model';
import { tokenizerNamed, UsageError, writingOf } from '@evenkeel/trainer/config';
import { type OpenedModel, withModel } from '@evenkeel/trainer/node';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { numberFlag, wholeFrom } from '../arguments.js';
import { addBackendFlags, type BackendFlags, useBackend } from '../backend.js';
import { Conversation, type ConversationForm } from '../conversation.js';
import { type Output, outputOf, warn } from '../output.js';
import { written } from '../written.js';

interface Options extends BackendFlags {
  readonly checkpoint: string;
  readonly tokenizer?: string;
  readonly form?: ConversationForm;
  readonly system?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

export function chatCommand(): Command {
  const command = new Command('chat')
    .summary('talks with a model, turn by turn')
    .description(
      'Talks with a model, a line a turn. It answers as its files say: by their chat template, as to instructions if it learned from such, else it goes on with the text. Ctrl-C stops an answer, and between answers the conversation.',
    )
    .argument('<model>', 'the folder of a run, a checkpoint, or a model; a hub id')
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--tokenizer <file>', "a tokenizer.json, or gpt2 (default: the model's own)")
    .addOption(
      new Option('--form <name>', 'how turns become a prompt (default: as the model knows it)').choices([
        'template',
        'instructions',
        'text',
      ]),
    )
    .option('--system <text>', 'what the model is told first, if it has a template')
    .option('--max-tokens <n>', 'answer with at most so many', wholeFrom(1), 300)
    .option('--temperature <t>', '0: always the likeliest; 1: as the model has it', numberFlag, 0.7)
    .option('--top-p <p>', 'choose among the likeliest that make up p together', numberFlag)
    .option('--seed <n>', 'the same seed answers the same (default: another each time)', wholeFrom(0))
    .option('--json', 'one JSON object per turn');
  addBackendFlags(command);
  return command.addHelpText('after', EXAMPLES).action(async (source: string, options: Options) => {
    await useBackend(options);
    await withModel(source, options.checkpoint, (opened) => talk(source, opened, options));
  });
}

async function talk(source: string, opened: OpenedModel, options: Options): Promise<void> {
  const { model } = opened;
  const tokenizer = options.tokenizer
    ? await tokenizerNamed('chat', options.tokenizer, [])
    : opened.tokenizer;
  if (!(model instanceof GPT))
    throw new UsageError(`'${source}' is a plain network, expected a model of text.`);
  if (!tokenizer)
    throw new UsageError(`'${source}' has no tokenizer, expected one to read with. Pass --tokenizer FILE.`);
  const form = formOf(source, opened, tokenizer, options);
  const conversation = await Conversation.begin(tokenizer, form, options.system);
  const output = outputOf(options);
  const isTerminal = Boolean(process.stdin.isTTY) && !output.json;
  const lines = createInterface({ input: process.stdin, output: isTerminal ? process.stderr : undefined });
  lines.setPrompt(pc.bold('> '));
  let stop: AbortController | undefined;
  const onInterrupt = () => (stop ? stop.abort() : lines.close());
  lines.on('SIGINT', onInterrupt);
  process.on('SIGINT', onInterrupt);
  try {
    if (isTerminal) lines.prompt();
    for await (const line of lines) {
      if (line.trim() !== '') {
        stop = new AbortController();
        await turn(model, tokenizer, conversation, line, { ...options, signal: stop.signal }, output);
        stop = undefined;
      }
      if (isTerminal) lines.prompt();
    }
  } finally {
    process.off('SIGINT', onInterrupt);
    lines.close();
  }
}

async function turn(
  model: GPT,
  tokenizer: Tokenizer,
  conversation: Conversation,
  line: string,
  { maxTokens, temperature, topP, seed = randomInt(2 ** 32), signal }: Options & { signal: AbortSignal },
  output: Output,
): Promise<void> {
  const { begin, options } = writingOf(model, tokenizer);
  let text = '';
  try {
    const prompt = conversation.ask(line);
    // A template has written all special tokens itself.
    const tokens = conversation.form === 'template' ? Array.from(tokenizer.encode(prompt)) : begin(prompt);
    const sampling = { ...options, maxTokens, temperature, topP, seed, signal };
    for await (const piece of written(model, tokenizer, tokens, sampling)) {
      text += piece;
      if (!output.json) process.stdout.write(piece);
    }
  } catch (error) {
    if (!signal.aborted) {
      conversation.takeBack();
      warn((error as Error).message); // a character that it does not know is no reason to leave
      return;
    }
  }
  conversation.answered(text);
  output.say('');
  output.emit({ prompt: line, text, stopped: signal.aborted });
}

function formOf(
  source: string,
  { run }: OpenedModel,
  tokenizer: Tokenizer,
  { form }: Options,
): ConversationForm {
  const hasTemplate = (tokenizer as Partial<PublishedTokenizer>).chatTemplate !== undefined;
  if (form === 'template' && !hasTemplate)
    throw new UsageError(`--form is template and '${source}' has none, expected instructions or text.`);
  if (form !== undefined) return form;
  if (run?.config.data.kind === 'instructions') return 'instructions';
  return hasTemplate ? 'template' : 'text';
}

const EXAMPLES = `
Examples:
  $ evenkeel chat ./llama-3.2-1b-instruct --system "You answer in one sentence."
  $ evenkeel chat runs/alpaca
  $ echo "Name a colour." | evenkeel chat runs/alpaca --json`;
