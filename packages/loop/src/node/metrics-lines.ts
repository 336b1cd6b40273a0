import type { MetricRecord } from '../callback.js';

/** A text that a model wrote at some step. */
export interface Sample {
  readonly step: number;
  readonly sample: string;
}

/** What a `metrics.jsonl` holds, line by line. */
export interface MetricLines {
  /** The systems on which it was computed: one entry for the start, and one for each resumption. */
  readonly systems: Readonly<Record<string, unknown>>[];
  /** The name of the run whose numbers these are, if it has one. */
  readonly run: string | undefined;
  readonly records: MetricRecord[];
  readonly samples: Sample[];
}

/**
 * Reads the text of a `metrics.jsonl`. A line that was cut short, as when a run was killed, is left out.
 *
 * The file may come from anywhere: lines of another form are left out as well, and of records what is no number.
 */
export function parseMetricLines(text: string): MetricLines {
  const lines: MetricLines & { run: string | undefined } = {
    systems: [],
    run: undefined,
    records: [],
    samples: [],
  };
  for (const line of text.split('\n')) {
    const value = parsed(line);
    if (value === undefined) continue;
    if (isObject(value.system)) lines.systems.push(value.system);
    else if (typeof value.run === 'string') lines.run = value.run;
    else if (typeof value.step !== 'number') continue;
    else if (typeof value.sample === 'string') lines.samples.push({ step: value.step, sample: value.sample });
    else lines.records.push(numbersIn(value));
  }
  return lines;
}

/** The lines of a file up to a step: what a run that goes on from there keeps. */
export function linesUpTo(text: string, step: number): string {
  const kept = text.split('\n').filter((line) => {
    const value = parsed(line);
    return value !== undefined && !(typeof value.step === 'number' && value.step > step);
  });
  return kept.map((line) => `${line}\n`).join('');
}

/** One line. Numbers that JSON does not have are written as text: "NaN". */
export const metricLine = (value: object): string =>
  `${JSON.stringify(value, (_key, entry) =>
    typeof entry === 'number' && !Number.isFinite(entry) ? String(entry) : entry,
  )}\n`;

function numbersIn(value: Readonly<Record<string, unknown>>): MetricRecord {
  const numbers = Object.entries(value).flatMap(([name, entry]) => {
    if (typeof entry === 'number') return [[name, entry] as const];
    return entry === 'NaN' || entry === 'Infinity' || entry === '-Infinity'
      ? [[name, Number(entry)] as const]
      : [];
  });
  return Object.fromEntries(numbers) as unknown as MetricRecord;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
