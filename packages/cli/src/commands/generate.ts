import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { streamingDecoder, type Tokenizer, tokenizerFromJson } from '@evenkeel/data';
import { type GenerateOptions, GPT, generate } from '@evenkeel/gpt-model';
import { UsageError } from '@evenkeel/trainer/config';
import { type OpenedModel, withModel } from '@evenkeel/trainer/node';
import { Command, InvalidArgumentError } from 'commander';
import { addBackendFlags, type BackendOptions, useBackend } from '../backend.js';
import { outputOf } from '../output.js';

interface Options extends BackendOptions {
  readonly checkpoint: string;
  readonly tokenizer?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly stop: string[];
  readonly samples: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const number = (text: string): number => {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('expected a number');
};

export function generateCommand(): Command {
  const command = new Command('generate')
    .summary('lets a model write')
    .description('Lets a model write on from a prompt, token by token.')
    .argument(
      '<model>',
      'the folder of a run or of one of its checkpoints; a folder with config.json and safetensors; a hub id',
    )
    .argument('[prompt]', 'what to go on from (default: a line break, or the end of a text)')
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--tokenizer <file>', "a tokenizer.json (default: the model's own)")
    .option('--max-tokens <n>', 'write at most so many', number, 300)
    .option('--temperature <t>', '0: always the likeliest; 1: as the model has it', number, 0.8)
    .option('--top-k <n>', 'choose among the n likeliest', number)
    .option('--top-p <p>', 'choose among the likeliest that make up p together', number)
    .option('--min-p <p>', 'leave out what is less likely than p times the likeliest', number)
    .option('--repetition-penalty <x>', 'above 1: what was there before becomes less likely', number)
    .option(
      '--stop <text>',
      'end before this text; may come several times',
      (text, all: string[]) => [...all, text],
      [],
    )
    .option('--samples <n>', 'write so many texts', number, 1)
    .option('--seed <n>', 'the same seed writes the same text (default: another each time)', number)
    .option('--json', 'one JSON object per text');
  addBackendFlags(command);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, prompt: string | undefined, options: Options) => {
      await useBackend(options);
      await withModel(source, options.checkpoint, (opened) => writeTexts(source, opened, prompt, options));
    });
}

async function writeTexts(
  source: string,
  { model, tokenizer: own, step }: OpenedModel,
  prompt: string | undefined,
  options: Options,
): Promise<void> {
  const tokenizer = options.tokenizer ? tokenizerFromJson(await readFile(options.tokenizer, 'utf8')) : own;
  if (!(model instanceof GPT))
    throw new UsageError(`'${source}' is a plain network, expected a model of text.`);
  if (!tokenizer)
    throw new UsageError(
      `'${source}' has no tokenizer, expected one to read the prompt with. Pass --tokenizer FILE.`,
    );
  const output = outputOf(options);
  const seed = options.seed ?? randomInt(2 ** 32);
  for (let i = 0; i < options.samples; i++) {
    if (i > 0) output.say('\n---');
    const shown = prompt ?? '';
    const show = (text: string) => void (output.json || process.stdout.write(text));
    show(shown);
    const text = await write(
      model,
      tokenizer,
      startOf(tokenizer, prompt),
      { ...filtersOf(options), seed: seedAfter(seed, i) },
      show,
    );
    output.say('');
    output.emit({ prompt: shown, text, seed: seedAfter(seed, i), step });
  }
}

/** The seed so many after another; after the largest comes 0. */
const seedAfter = (seed: number, count: number): number => (seed + count) % 2 ** 32;

/** Writes, and shows it as it comes. */
async function write(
  model: GPT,
  tokenizer: Tokenizer,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
  show: (text: string) => void,
): Promise<string> {
  const decoder = streamingDecoder(tokenizer);
  let text = '';
  const add = (piece: string) => {
    text += piece;
    show(piece);
  };
  for await (const token of generate(model, prompt, {
    ...options,
    decode: (tokens) => tokenizer.decode(tokens),
  })) {
    add(decoder.push(token));
  }
  add(decoder.end());
  return text;
}

const filtersOf = ({
  maxTokens,
  temperature,
  topK,
  topP,
  minP,
  repetitionPenalty,
  stop,
}: Options): GenerateOptions => ({
  maxTokens,
  temperature,
  topK,
  topP,
  minP,
  repetitionPenalty,
  stop: stop.length > 0 ? stop : undefined,
});

function startOf(tokenizer: Tokenizer, prompt: string | undefined): ArrayLike<number> {
  if (prompt) return tokenizer.encode(prompt);
  if (tokenizer.endOfText !== undefined) return [tokenizer.endOfText];
  try {
    return tokenizer.encode('\n');
  } catch {
    return [0]; // a text without line breaks
  }
}

const EXAMPLES = `
Examples:
  $ evenkeel generate runs/shakespeare "ROMEO:"
  $ evenkeel generate runs/shakespeare "ROMEO:" --temperature 0.6 --top-p 0.95 --seed 1
  $ evenkeel generate ./gpt2 "The meaning of life is" --max-tokens 50 --stop "."`;
