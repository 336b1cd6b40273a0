import {
  alpacaPrompt,
  type Chat,
  type Conversation,
  characterTokenizer,
  chatTemplate,
  type Examples,
  gpt2Tokenizer,
  type Instruction,
  instructionDataset,
  modularArithmetic,
  type PublishedTokenizer,
  readInstructions,
  sparseParity,
  TokenDataset,
  type Tokenizer,
  tokenStore,
  trainTestSplit,
  vocabulary,
} from '@evenkeel/data';
import { GPT_PRESETS } from '@evenkeel/gpt-model';
import type { Data } from '@evenkeel/loop';
import type { RunConfig } from '../config/schema.js';
import { ExampleBatches } from './example-batches.js';
import { IGNORED } from './loss-of.js';
import { tokenizerNamed } from './tokenizer-named.js';

const WHERE = 'run config';

/** Data as a config describes it. */
export interface ConfiguredData {
  readonly train: Data;
  readonly validation?: Data;
  /** Different tokens, or for a plain network classes. */
  readonly outputs: number;
  /** Numbers per example of a plain network. */
  readonly inputs?: number;
  /** The tokens that a row has. */
  readonly contextLength?: number;
  readonly tokenizer?: Tokenizer;
  /** Closes files and frees tensors. */
  close(): Promise<void>;
}

/** What a model that is there already decides about its data. */
export interface DataOptions {
  /** Tokens a row, where the config leaves it to the model. */
  readonly contextLength?: number;
  /** Takes the place of the config's: a text cut otherwise has other ids than those the model knows. */
  readonly tokenizer?: Tokenizer;
  /** Whether files of tokens are read whole first and compared with their sidecars, once in a process. Default true. */
  readonly verify?: boolean;
}

/**
 * The data that a config describes.
 *
 * @throws If a file is missing or damaged, or holds too little.
 */
export async function dataOf(
  config: RunConfig,
  { contextLength = contextLengthOf(config), tokenizer: known, verify = true }: DataOptions = {},
): Promise<ConfiguredData> {
  const { data, seed } = config;
  switch (data.kind) {
    case 'modularArithmetic':
      return examplesOf(config, modularArithmetic({ modulus: data.modulus, operation: data.operation }));
    case 'sparseParity': {
      const { bits, parityBits, examples } = data;
      return examplesOf(config, sparseParity({ bits, parityBits, examples, seed: data.splitSeed ?? seed }));
    }
    case 'instructions': {
      const records = await readInstructions(data.file);
      const tokenizer =
        known ?? (await tokenizerNamed(WHERE, data.tokenizer ?? 'gpt2', { documents: textsOf(records) }));
      const train = instructionDataset(records, {
        tokenizer,
        chat: await chatOf(records, tokenizer),
        contextLength: needed(contextLength),
        batchSize: data.batchSize,
        order: data.order,
        seed,
        ignoreIndex: IGNORED,
      });
      const { vocabSize: outputs } = tokenizer;
      return { train: train as Data, outputs, contextLength, tokenizer, close: async () => {} };
    }
    default: {
      const { batchSize, order, validationFraction } = data;
      const options = { batchSize, order, seed, contextLength: needed(contextLength), verify };
      const { dataset, tokenizer } = await tokensOf(data, options, known);
      let second: TokenDataset | undefined;
      const close = async () => {
        await dataset.close();
        await second?.close();
      };
      try {
        if (data.kind === 'tokens' && data.validation)
          second = await TokenDataset.open(data.validation, options);
        const parts = second || validationFraction === 0 ? undefined : dataset.split({ validationFraction });
        return {
          train: parts?.train ?? dataset,
          validation: second ?? parts?.validation,
          outputs: dataset.sidecar.vocabSize,
          contextLength,
          tokenizer,
          close,
        };
      } catch (error) {
        await close();
        throw error;
      }
    }
  }
}

function* textsOf(records: readonly (Instruction | Conversation)[]): Generator<string> {
  for (const record of records) if (isInstruction(record)) yield `${alpacaPrompt(record)}${record.output}`;
}

const isInstruction = (record: unknown): record is Instruction =>
  typeof record === 'object' && record !== null && 'instruction' in record;

/** How conversations are written, where there are any and the tokenizer has a template. */
async function chatOf(records: readonly unknown[], tokenizer: Tokenizer): Promise<Chat | undefined> {
  if (records.every(isInstruction) || !('chatTemplate' in tokenizer)) return undefined;
  return chatTemplate(tokenizer as PublishedTokenizer);
}

type TokenData = Extract<RunConfig['data'], { kind: 'tokens' | 'text' }>;

async function tokensOf(
  data: TokenData,
  options: Parameters<typeof TokenDataset.open>[1],
  known?: Tokenizer,
): Promise<{ dataset: TokenDataset; tokenizer?: Tokenizer }> {
  if (data.kind === 'tokens') {
    const dataset = await TokenDataset.open(data.file, options);
    const { tokenizer, vocabulary } = dataset.sidecar;
    if (vocabulary) return { dataset, tokenizer: characterTokenizer(vocabulary) };
    return { dataset, tokenizer: known ?? (tokenizer === 'gpt2' ? await gpt2Tokenizer() : undefined) };
  }
  if ((data.text === undefined) === (data.file === undefined)) {
    throw new Error(
      'run config: data.text and data.file are both there or both missing, expected one of them.',
    );
  }
  const source = data.text ?? [data.file!];
  const { verify: _, ...batches } = options; // what is encoded now, or by nobody, needs no check
  const tokenizer = known ?? (await tokenizerNamed(WHERE, data.tokenizer ?? 'characters', source));
  return { dataset: await TokenDataset.open(await tokenStore(source, { tokenizer }), batches), tokenizer };
}

function examplesOf(config: RunConfig, examples: Examples): ConfiguredData {
  const { data, model, seed } = config;
  if (!('trainFraction' in data)) throw new Error(`run config: data '${data.kind}' has no examples.`);
  const { trainFraction, batchSize, splitSeed = seed } = data;
  const form = model.kind === 'mlp' ? 'plain' : 'tokens';
  const { train, test } = trainTestSplit(examples, { trainFraction, seed: splitSeed });
  const options = { form, seed, ignoreIndex: IGNORED } as const;
  const batches = new ExampleBatches(train, { ...options, batchSize });
  const plain = form === 'plain';
  return {
    train: batches as Data,
    validation: new ExampleBatches(test, { ...options, batchSize: 'all' }) as Data,
    outputs: plain ? examples.classes : vocabulary(examples).length,
    inputs: examples.values === 2 ? examples.width : examples.width * examples.values,
    close: async () => batches.dispose(),
  };
}

/** The context of the model, or of the data, where a config names it. */
function contextLengthOf({ data, model }: RunConfig): number | undefined {
  if ('contextLength' in data && data.contextLength !== undefined) return data.contextLength;
  if (model.kind === 'mlp') return undefined;
  return (
    model.contextLength ?? (model.kind === 'preset' ? GPT_PRESETS[model.preset].contextLength : undefined)
  );
}

function needed(contextLength: number | undefined): number {
  if (contextLength !== undefined) return contextLength;
  throw new Error(
    'run config: neither data nor model say how long a row is, expected data.contextLength. Try 64.',
  );
}
