import type { Bytes } from './byte-source.js';
import { parseJson } from './parse-json.js';
import { isTooLong, nameOfBytes, readText, readTextPieces, tooLong } from './read-text.js';

/**
 * Reads a file of JSON whole.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws As {@link readText}, and if it is no JSON.
 */
export async function readJson(where: string, bytes: Bytes): Promise<unknown> {
  return parseJson(where, nameOfBytes(bytes), await readText(where, bytes));
}

/**
 * Reads a file of records: a list in JSON, or JSON lines, one object a line. Which of both it is, its content tells and not
 * its name. JSON lines may be of any size as far as the records fit into memory.
 *
 * @param where The function that the user called; errors begin with it.
 * @returns The elements of the list, or the lines' values. Of one JSON value that is no list, that alone.
 * @throws As {@link readText}; and if it is no JSON, or a line is none, with the line's number.
 */
export async function readRecords(where: string, bytes: Bytes): Promise<unknown[]> {
  const parser = new RecordParser(where, nameOfBytes(bytes));
  for await (const { text } of readTextPieces(where, bytes)) parser.push(text);
  return parser.end();
}

/** The same of a text that is there already. */
export function parseRecords(where: string, text: string, name = 'the text'): unknown[] {
  const parser = new RecordParser(where, name);
  parser.push(text.startsWith('\ufeff') ? text.slice(1) : text);
  return parser.end();
}

/** Takes a text in pieces. The first line that is not blank decides: an object that is whole means JSON lines. */
class RecordParser {
  private readonly records: unknown[] = [];
  private form: 'undecided' | 'lines' | 'whole' = 'undecided';
  /** What has come since the last line's end, or of a whole text everything. */
  private held: string[] = [];
  private heldLength = 0;
  private lines = 0;

  constructor(
    private readonly where: string,
    private readonly name: string,
  ) {}

  push(text: string): void {
    let from = 0;
    while (this.form !== 'whole') {
      const end = text.indexOf('\n', from);
      if (end < 0) break;
      this.hold(text.slice(from, end));
      from = end + 1;
      this.takeLine();
    }
    this.hold(text.slice(from));
  }

  end(): unknown[] {
    if (this.form !== 'whole') this.takeLine();
    return this.form === 'whole' ? this.parseWhole() : this.records;
  }

  private hold(text: string): void {
    this.heldLength += text.length;
    if (isTooLong(this.heldLength)) throw tooLong(this.where, this.name);
    this.held.push(text);
  }

  private takeLine(): void {
    const line = this.held.join('');
    [this.held, this.heldLength] = [[], 0];
    this.lines++;
    if (line.trim() === '') return;
    if (this.form === 'lines') {
      this.records.push(parseJson(this.where, this.name, line, this.lines));
      return;
    }
    const first = objectOf(line);
    this.form = first ? 'lines' : 'whole';
    if (first) this.records.push(first);
    else this.hold(`${'\n'.repeat(this.lines - 1)}${line}\n`); // keeps the numbers of the lines
  }

  private parseWhole(): unknown[] {
    const text = this.held.join('');
    this.held = [];
    let value: unknown;
    try {
      value = parseJson(this.where, this.name, text);
    } catch (error) {
      const [first, second] = text.split('\n').filter((line) => line.trim() !== '');
      const isLines = first.trimStart().startsWith('{') && second?.trimStart().startsWith('{');
      if (isLines) parseJson(this.where, this.name, first, text.split('\n').indexOf(first) + 1);
      throw error;
    }
    return Array.isArray(value) ? value : [value];
  }
}

function objectOf(line: string): object | undefined {
  try {
    const value = parseJson('', '', line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
