import type { Instruction } from './alpaca-prompt.js';
import { type Chat, messagesOf, type Segment, segmentsOf } from './chat.js';
import { instructionOf } from './instruction-records.js';
import type { Tokenizer } from './tokenizer.js';

/** Tokens, and which of them are learnt: those from … to − 1 of each range. */
export interface Row {
  readonly tokens: Int32Array;
  readonly learnt: readonly (readonly [from: number, to: number])[];
}

/** How many tokens the examples have, and what became of them. */
export interface InstructionLengths {
  /** Examples that are used. */
  readonly examples: number;
  /** Examples left out, because there is nothing in them to learn, or none of it within the context. */
  readonly skipped: number;
  /** Examples that were longer than the context, and lost their end. */
  readonly cut: number;
  /** Tokens of the longest example, before it was cut. */
  readonly longest: number;
  /** Tokens of all rows. */
  readonly tokens: number;
  /** Those of them that are learnt. */
  readonly learnt: number;
}

export interface RowOptions {
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
  readonly endOfText: number | false;
  readonly prompt: (instruction: Instruction) => string;
  readonly chat?: Chat;
  readonly packing: boolean;
}

/** Encodes records, cuts them to the context, and packs them if that is wanted. */
export function encodeRows(
  where: string,
  records: readonly unknown[],
  options: RowOptions,
): { rows: readonly Row[]; lengths: InstructionLengths } {
  const most = options.contextLength + 1; // inputs are all tokens but the last
  let [cut, longest] = [0, 0];
  const examples = records.flatMap((record, i) => {
    const whole = encodeRecord(where, record, i, options);
    const example = shortened(whole, most);
    if (example.learnt.length === 0) return [];
    longest = Math.max(longest, whole.tokens.length);
    if (whole.tokens.length > most) cut++;
    return [example];
  });
  const rows = options.packing ? packed(examples, most) : examples;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const lengths = {
    ...{ examples: examples.length, skipped: records.length - examples.length, cut, longest },
    tokens: sum(rows.map(({ tokens }) => tokens.length)),
    learnt: sum(rows.flatMap(({ learnt }) => learnt.map(([from, to]) => to - from))),
  };
  return { rows, lengths };
}

function encodeRecord(
  where: string,
  record: unknown,
  i: number,
  { tokenizer, endOfText, prompt, chat }: RowOptions,
): Row {
  const messages = typeof record === 'object' && record !== null ? messagesOf(where, record, i) : undefined;
  if (!messages) {
    const instruction = instructionOf(where, record, i);
    const segments = [
      { text: prompt(instruction), isLearnt: false },
      { text: instruction.output, isLearnt: true },
    ];
    return encodeSegments(segments, tokenizer, endOfText);
  }
  if (!chat) {
    throw new Error(
      `${where}: records[${i}] is a conversation, expected the option chat, which says how one is written. ` +
        'Pass chat: await chatTemplate(tokenizer), or a function of your own.',
    );
  }
  return encodeSegments(segmentsOf(where, i, messages, chat), tokenizer, false);
}

/** Each segment is encoded on its own, as when a model generates. The first token cannot be learnt: nothing is before it. */
function encodeSegments(segments: readonly Segment[], tokenizer: Tokenizer, end: number | false): Row {
  const tokens: number[] = [];
  const learnt: (readonly [number, number])[] = [];
  segments.forEach(({ text, isLearnt }, n) => {
    const from = Math.max(1, tokens.length);
    for (const token of tokenizer.encode(text)) tokens.push(token);
    if (end !== false && n === segments.length - 1) tokens.push(end);
    if (isLearnt && tokens.length > from) learnt.push([from, tokens.length]);
  });
  return { tokens: Int32Array.from(tokens), learnt };
}

function shortened({ tokens, learnt }: Row, most: number): Row {
  return {
    tokens: tokens.subarray(0, most),
    learnt: learnt.filter(([from]) => from < most).map(([from, to]) => [from, Math.min(to, most)]),
  };
}

/** How many rows are kept open while packing. */
const OPEN_ROWS = 64;

/** Puts examples whole into rows, each into the first open one where it has room. */
function packed(examples: readonly Row[], most: number): Row[] {
  const rows: Row[][] = [];
  const room: number[] = [];
  for (const example of examples) {
    const first = Math.max(0, rows.length - OPEN_ROWS);
    const found = room.findIndex((free, at) => at >= first && free >= example.tokens.length);
    if (found < 0) {
      rows.push([example]);
      room.push(most - example.tokens.length);
    } else {
      rows[found].push(example);
      room[found] -= example.tokens.length;
    }
  }
  return rows.map(joined);
}

function joined(examples: readonly Row[]): Row {
  const tokens = new Int32Array(examples.reduce((length, example) => length + example.tokens.length, 0));
  let at = 0;
  const learnt = examples.flatMap((example) => {
    tokens.set(example.tokens, at);
    const moved = example.learnt.map(([from, to]) => [from + at, to + at] as const);
    at += example.tokens.length;
    return moved;
  });
  return { tokens, learnt };
}
