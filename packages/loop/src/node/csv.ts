import { readFile } from 'node:fs/promises';
import { writeAtomicFile } from '@evenkeel/files';
import type { MetricRecord } from '../callback.js';
import { parseMetricLines } from './metrics-lines.js';

/**
 * Records as a table: a column per metric that occurs anywhere, step and seconds first; cells are empty where a record
 * has no such metric. (RFC 4180)
 *
 * A text that a spreadsheet would take for a formula, such as the name of a metric that begins with `=`, has an apostrophe in front.
 */
export function toCsv(records: readonly MetricRecord[]): string {
  const columns = [...new Set(['step', 'seconds', ...records.flatMap((record) => Object.keys(record))])];
  const rows = records.map((record) => columns.map((column) => record[column] ?? ''));
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** Turns a `metrics.jsonl` into a `.csv`. */
export async function exportCsv(metrics: string, csv: string): Promise<void> {
  const { records } = parseMetricLines(await readFile(metrics, 'utf8'));
  await writeAtomicFile('exportCsv', csv, toCsv(records));
}

const cell = (value: string | number): string => {
  const text = typeof value === 'number' ? String(value) : value.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
