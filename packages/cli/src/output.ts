import pc from 'picocolors';

/** What a command prints: sentences for people, or with --json one object per line. */
export interface Output {
  readonly json: boolean;
  /** A line for people. */
  say(line: string): void;
  /** A result, as JSON. */
  emit(value: object): void;
}

export function outputOf({ json = false }: { json?: boolean }): Output {
  return {
    json,
    say: (line) => void (json || process.stdout.write(`${line}\n`)),
    emit: (value) => void (json && process.stdout.write(`${JSON.stringify(value)}\n`)),
  };
}

/** A line on standard error that is no error: what comes out is right, or is said to lack something. */
export const warn = (message: string): void =>
  void process.stderr.write(`${pc.yellow('evenkeel:')} ${message}\n`);

/** A line on standard error that says how something is done; it bears no name, as warnings do. */
export const note = (message: string): void => void process.stderr.write(`${pc.dim(message)}\n`);

/** Columns of text, numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [pc.bold(line(header)), ...rows.map(line)].join('\n');
}
