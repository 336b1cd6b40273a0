import { tensor2d } from '@tensorflow/tfjs-core';
import { alpacaPrompt, type Instruction } from './alpaca-prompt.js';
import type { Chat, Conversation } from './chat.js';
import { checkFits, checkOptions, checkSeed, checkWhole, MAX_COUNT, show } from './check.js';
import { EpochOrder } from './epoch-order.js';
import { sha256OfNumbers } from './hash-of-numbers.js';
import { recordsOf } from './instruction-records.js';
import { encodeRows, type InstructionLengths, type Row, type RowOptions } from './instruction-rows.js';
import { checkBelongs, checkDrawn } from './position.js';
import type { TokenBatch } from './token-dataset.js';
import { checkTokenizer, type Tokenizer } from './tokenizer.js';
import type { WindowOrder } from './window-order.js';

export interface InstructionDatasetOptions {
  tokenizer: Tokenizer;
  /** The most tokens a row may have: the model's context. Longer responses are cut off. */
  contextLength: number;
  /** Rows a batch. Default 16. */
  batchSize?: number;
  /** `random`: shuffled anew each epoch. `sequential`: as they come. Default `random`. */
  order?: WindowOrder;
  /** Chooses the shuffles, 0 … 2³² − 1. Default 0. */
  seed?: number;
  /** Rows of a batch as long as its `longest`, or all of `contextLength`. Default `longest`. */
  padding?: 'longest' | 'contextLength';
  /** Fills the inputs of shorter rows; no loss depends on it. Default: the end-of-text token, else 0. */
  padToken?: number;
  /** Ends each response, so that a model learns to stop; false for none. Default: the tokenizer's, if it has one. */
  endOfText?: number | false;
  /** The target where there is nothing to learn; pass it on to the loss. Negative. Default −100. */
  ignoreIndex?: number;
  /** Writes an instruction as a prompt. Default {@link alpacaPrompt}. */
  prompt?: (instruction: Instruction) => string;
  /** Writes a conversation, for records that are such: `await chatTemplate(tokenizer)`, or a function of one's own. */
  chat?: Chat;
  /**
   * Puts several examples into a row where they have room, whole and one after another, so that little is padding. Attention
   * crosses them: a model sees the examples before its own in the row, as is usual. Default false.
   */
  packing?: boolean;
}

/** Where an instruction dataset stands, and in which rows; goes through JSON. */
export interface InstructionDatasetState {
  /** Rows drawn so far. */
  readonly drawn: number;
  /** Of the rows, which are the records' tokens cut to the context. */
  readonly sha256: string;
  /** `random` or `sequential`, as the options say. */
  readonly order: string;
  /** Decides the random order. */
  readonly seed: number;
}

/** Instructions in batches; see {@link instructionDataset}. */
export interface InstructionDataset {
  /** Number of rows: of examples that are used, or fewer if they are packed. */
  readonly size: number;
  /** Number of examples left out, because their prompt alone fills the context or there is no response. */
  readonly skipped: number;
  /** How many tokens there are, how many are learnt, and how many examples were cut or left out. */
  readonly lengths: InstructionLengths;
  /** How many batches `pass()` has. */
  readonly batchesPerPass: number;
  /** The next batch. Each epoch takes every example once; a batch may end one and begin the next. Tensors are yours. */
  batch(): TokenBatch;
  /** Everything once and in order, for an evaluation; the last batch has as many rows as are left. */
  pass(): Generator<TokenBatch, void>;
  state(): InstructionDatasetState;
  /**
   * Continues where `state()` was called. The batch size may be another: no example is skipped or comes twice.
   *
   * @throws If the state is damaged or belongs to other records, another context length, order or seed.
   */
  restore(state: InstructionDatasetState): void;
}

const WHERE = 'instructionDataset';
const OPTIONS = [
  ...['tokenizer', 'contextLength', 'batchSize', 'order', 'seed', 'padding'],
  ...['padToken', 'endOfText', 'ignoreIndex', 'prompt', 'chat', 'packing'],
];

/**
 * Fine-tuning data: a prompt, and a response that alone is learnt; or a conversation, of which the assistant's turns are.
 *
 *     row        p₁  p₂ … pₘ  r₁  r₂ … rₙ  end
 *     inputs     p₁  p₂ … pₘ  r₁  …    rₙ  pad …
 *     targets    −100 …   r₁  r₂  …    end −100 …
 *
 * All of it is encoded when the dataset is made, and kept as int32.
 *
 * Differs from Alpaca's `train.py` where a response begins with a sign: that encodes prompt and response as one text,
 * where ':' and the sign can become one token; this encodes them apart, as they are when a model generates.
 *
 * @param records `{ instruction, input?, output }` each, or such a list as JSON or JSON lines; of a file, what
 *     `readInstructions` gives. An input that is null, as `datasets` and pandas write it, is none. Conversations are
 *     `{ messages: [{ role, content }, …] }` or ShareGPT's `{ conversations: [{ from, value }, …] }`.
 * @throws If a record is damaged, no record fits, or an option is unknown or out of range.
 */
export function instructionDataset(
  records: readonly (Instruction | Conversation)[] | string,
  options: InstructionDatasetOptions,
): InstructionDataset {
  const settings = completeOptions(options);
  const { contextLength, batchSize, order, seed, padding, padToken, ignoreIndex } = settings;
  const list = recordsOf(WHERE, records);
  const { rows, lengths } = encodeRows(WHERE, list, settings);
  const size = rows.length;
  if (size === 0) {
    throw new Error(
      `${WHERE}: none of ${list.length} records has a prompt shorter than ${contextLength} tokens and a response, ` +
        'expected at least one. Take a longer context.',
    );
  }

  let drawn = 0;
  const shuffled = new EpochOrder(size, seed);
  /** The example that is drawn as number `n`: every one once in `size` draws. */
  const example = (n: number): Row => rows[order === 'sequential' ? n % size : shuffled.rowAt(n)];
  let hash: string | undefined;
  const belongings = () => {
    hash ??= sha256OfNumbers(
      rows.flatMap(({ tokens, learnt }) => [Int32Array.of(tokens.length, ...learnt.flat()), tokens]),
    );
    return { sha256: hash, order, seed };
  };
  const tensors = (batch: readonly Row[]): TokenBatch => {
    const longest = batch.reduce((length, { tokens }) => Math.max(length, tokens.length - 1), 1);
    const length = padding === 'longest' ? longest : contextLength;
    const inputs = new Int32Array(batch.length * length).fill(padToken);
    const targets = new Int32Array(batch.length * length).fill(ignoreIndex);
    batch.forEach(({ tokens, learnt }, i) => {
      inputs.set(tokens.subarray(0, -1), i * length);
      for (const [from, to] of learnt) targets.set(tokens.subarray(from, to), i * length + from - 1);
    });
    const shape: [number, number] = [batch.length, length];
    return { inputs: tensor2d(inputs, shape, 'int32'), targets: tensor2d(targets, shape, 'int32') };
  };

  return {
    size,
    skipped: lengths.skipped,
    lengths,
    batchesPerPass: Math.ceil(size / batchSize),
    batch() {
      const batch = Array.from({ length: batchSize }, (_, row) => example(drawn + row));
      drawn += batchSize;
      return tensors(batch);
    },
    *pass() {
      for (let first = 0; first < size; first += batchSize)
        yield tensors(rows.slice(first, first + batchSize));
    },
    state: () => ({ drawn, ...belongings() }),
    restore(state) {
      checkBelongs(`${WHERE}.restore`, state, belongings());
      checkDrawn(`${WHERE}.restore`, state.drawn);
      drawn = state.drawn;
    },
  };
}

type Settings = Required<Omit<InstructionDatasetOptions, 'endOfText' | 'chat'>> & RowOptions;

function completeOptions(options: InstructionDatasetOptions): Settings {
  checkOptions(WHERE, options, OPTIONS);
  const {
    tokenizer,
    contextLength,
    batchSize = 16,
    order = 'random',
    seed = 0,
    padding = 'longest',
  } = options;
  checkTokenizer(WHERE, tokenizer);
  const { endOfText = tokenizer.endOfText ?? false, ignoreIndex = -100, prompt = alpacaPrompt } = options;
  const { chat, packing = false } = options;
  const { padToken = endOfText === false ? 0 : endOfText } = options;
  const last = tokenizer.vocabSize - 1;
  checkWhole(WHERE, 'contextLength', contextLength, 1, MAX_COUNT, "Take the model's context.");
  checkWhole(WHERE, 'batchSize', batchSize, 1, MAX_COUNT, 'A usual value is 16.');
  checkFits(WHERE, batchSize, contextLength, 'Take smaller batches.');
  checkSeed(WHERE, seed);
  if (endOfText !== false) checkWhole(WHERE, 'endOfText', endOfText, 0, last, 'Pass false for none.');
  checkWhole(WHERE, 'padToken', padToken, 0, last, 'Any token will do.');
  checkWhole(WHERE, 'ignoreIndex', ignoreIndex, -(2 ** 31), -1, 'A usual value is -100.');
  if (order !== 'random' && order !== 'sequential') {
    throw new Error(`${WHERE}: order is ${show(order)}, expected 'random' or 'sequential'.`);
  }
  if (padding !== 'longest' && padding !== 'contextLength') {
    throw new Error(`${WHERE}: padding is ${show(padding)}, expected 'longest' or 'contextLength'.`);
  }
  if (typeof prompt !== 'function') {
    throw new Error(
      `${WHERE}: prompt is ${show(prompt)}, expected a function of a record. Try alpacaPrompt.`,
    );
  }
  if (chat !== undefined && typeof chat !== 'function') {
    throw new Error(
      `${WHERE}: chat is ${show(chat)}, expected a function of messages. Try await chatTemplate(tokenizer).`,
    );
  }
  if (typeof packing !== 'boolean') {
    throw new Error(`${WHERE}: packing is ${show(packing)}, expected true or false.`);
  }
  return {
    tokenizer,
    contextLength,
    batchSize,
    order,
    seed,
    padding,
    padToken,
    endOfText,
    ignoreIndex,
    prompt,
    chat,
    packing,
  };
}
