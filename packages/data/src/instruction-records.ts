import { type Bytes, parseRecords, readRecords } from '@evenkeel/files';
import type { Instruction } from './alpaca-prompt.js';
import type { Conversation } from './chat.js';
import { show } from './check.js';

/**
 * Reads a file of instructions or conversations, in JSON (`alpaca_data.json`) or one record a line (JSON lines), for `instructionDataset`.
 *
 * @param file A file's name (in Node), a URL, a Blob or a buffer.
 * @throws If it cannot be opened, is no text, or is no JSON, by the line's number.
 */
export async function readInstructions(file: Bytes): Promise<readonly (Instruction | Conversation)[]> {
  return (await readRecords('readInstructions', file)) as (Instruction | Conversation)[];
}

/**
 * Records as they came, from a list or from a text in JSON or JSON lines.
 *
 * @throws If there are none, by what came instead.
 */
export function recordsOf(where: string, records: readonly unknown[] | string): readonly unknown[] {
  const list =
    typeof records === 'string' ? parseRecords(where, records, 'the text of the records') : records;
  if (!Array.isArray(list)) {
    throw new Error(
      `${where}: the records are ${show(list)}, expected a list or its JSON. Records look like ${FORM}.`,
    );
  }
  const [only] = list;
  if (list.length === 1 && isObject(only)) checkIsOneRecord(where, only);
  return list;
}

const FORM = '{ instruction, input, output }';
/** The fields by which a record is known as a chat. */
const CHATS = ['messages', 'conversations', 'conversation'];

/**
 * A record as an instruction. An input that is missing or null is none.
 *
 * @param i Its number, for errors.
 * @throws If a field is missing or no text.
 */
export function instructionOf(where: string, record: unknown, i: number): Required<Instruction> {
  const fail = (what: string, expected: string) =>
    new Error(`${where}: records[${i}]${what}, expected ${expected}`);
  if (!isObject(record)) throw fail(` is ${show(record)}`, `a record. Records look like ${FORM}.`);
  const field = (name: string, ifMissing?: string): string => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (typeof value === 'string') return value;
    if ((value === undefined || value === null) && ifMissing !== undefined) return ifMissing;
    if (value === undefined) {
      const names = Object.keys(record);
      throw fail(
        ` has no ${name}; it has ${names.length === 0 ? 'no fields' : brief(names.join(', '))}`,
        `${FORM}, { messages } or { conversations }. Name its fields so.`,
      );
    }
    const kind = typeof value === 'number' ? `the number ${value}` : show(value);
    throw fail(`.${name} is ${brief(kind)}`, `a text. ${remedyFor(value)}`);
  };
  return {
    instruction: field('instruction'),
    input: field('input', ''),
    output: field('output'),
  };
}

function remedyFor(value: unknown): string {
  if (value === null) return 'Leave out records without one.';
  if (Number.isNaN(value)) return "It is pandas' empty cell: leave out such records, or write ''.";
  if (Array.isArray(value)) return 'Join its parts to one text.';
  return `Write it as a text, as with String(${typeof value === 'object' ? '…' : String(value)}).`;
}

/** What pandas and others write where a list of records was meant. */
function checkIsOneRecord(where: string, record: Readonly<Record<string, unknown>>): void {
  const values = Object.values(record);
  const names = brief(Object.keys(record).join(', '));
  if ('instruction' in record && values.length > 0 && values.every(isContainer)) {
    throw new Error(
      `${where}: the records are written column by column (${names}), expected a list of ${FORM}. ` +
        "Export them row by row: in pandas df.to_json(file, orient='records').",
    );
  }
  const list = Object.keys(record).find((name) => Array.isArray(record[name]));
  if (!('instruction' in record) && list !== undefined && !CHATS.includes(list)) {
    throw new Error(
      `${where}: the records are an object with ${names}, expected a list of ${FORM}. Pass the list that is in '${list}' alone.`,
    );
  }
}

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isContainer(value) && !Array.isArray(value);

const brief = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
