import { randomInt } from 'node:crypto';
import { type GenerateOptions, GPT } from '@evenkeel/gpt-model';
import { tokenizerNamed, UsageError, writingOf } from '@evenkeel/trainer/config';
import { type OpenedModel, withModel } from '@evenkeel/trainer/node';
import { Command } from 'commander';
import { numberFlag } from '../arguments.js';
import { addBackendFlags, type BackendFlags, useBackend } from '../backend.js';
import { outputOf } from '../output.js';
import { standardInput } from '../standard-input.js';
import { written } from '../written.js';

interface Options extends BackendFlags {
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

export function generateCommand(): Command {
  const command = new Command('generate')
    .summary('lets a model write')
    .description('Lets a model write on from a prompt, token by token.')
    .argument(
      '<model>',
      'the folder of a run or of one of its checkpoints; a folder with config.json and safetensors; a hub id',
    )
    .argument(
      '[prompt]',
      "what to go on from; - or nothing: what comes on standard input (default: a text's beginning)",
    )
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--tokenizer <file>', "a tokenizer.json, or gpt2 (default: the model's own)")
    .option('--max-tokens <n>', 'write at most so many', numberFlag, 300)
    .option('--temperature <t>', '0: always the likeliest; 1: as the model has it', numberFlag, 0.8)
    .option('--top-k <n>', 'choose among the n likeliest', numberFlag)
    .option('--top-p <p>', 'choose among the likeliest that make up p together', numberFlag)
    .option('--min-p <p>', 'leave out what is less likely than p times the likeliest', numberFlag)
    .option('--repetition-penalty <x>', 'above 1: what was there before becomes less likely', numberFlag)
    .option(
      '--stop <text>',
      'end before this text; may come several times',
      (text, all: string[]) => [...all, text],
      [],
    )
    .option('--samples <n>', 'write so many texts', numberFlag, 1)
    .option('--seed <n>', 'the same seed writes the same text (default: another each time)', numberFlag)
    .option('--json', 'one JSON object per text');
  addBackendFlags(command);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, prompt: string | undefined, options: Options) => {
      const input = prompt === undefined || prompt === '-' ? standardInput() : undefined;
      await useBackend(options);
      await withModel(source, options.checkpoint, async (opened) => {
        const given = input ? await input.read({ wait: prompt === '-' }) : prompt;
        await writeTexts(source, opened, given ?? '', options);
      });
    });
}

async function writeTexts(
  source: string,
  { model, tokenizer: own, step }: OpenedModel,
  prompt: string,
  options: Options,
): Promise<void> {
  const tokenizer = options.tokenizer ? await tokenizerNamed('generate', options.tokenizer, []) : own;
  if (!(model instanceof GPT))
    throw new UsageError(`'${source}' is a plain network, expected a model of text.`);
  if (!tokenizer)
    throw new UsageError(
      `'${source}' has no tokenizer, expected one to read the prompt with. Pass --tokenizer FILE.`,
    );
  const output = outputOf(options);
  const writing = writingOf(model, tokenizer);
  const seed = options.seed ?? randomInt(2 ** 32);
  for (let i = 0; i < options.samples; i++) {
    if (i > 0) output.say('\n---');
    const show = (text: string) => void (output.json || process.stdout.write(text));
    show(prompt);
    const sampling = { ...writing.options, ...filtersOf(options), seed: seedAfter(seed, i) };
    let text = '';
    for await (const piece of written(model, tokenizer, writing.begin(prompt), sampling)) {
      text += piece;
      show(piece);
    }
    output.say('');
    output.emit({ prompt, text, seed: seedAfter(seed, i), step });
  }
}

/** The seed so many after another; after the largest comes 0. */
const seedAfter = (seed: number, count: number): number => (seed + count) % 2 ** 32;

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

const EXAMPLES = `
Examples:
  $ evenkeel generate runs/shakespeare "ROMEO:"
  $ evenkeel generate runs/shakespeare "ROMEO:" --temperature 0.6 --top-p 0.95 --seed 1
  $ echo "Once upon a time" | evenkeel generate runs/tales
  $ evenkeel generate ./gpt2 "The meaning of life is" --max-tokens 50 --stop "."`;
