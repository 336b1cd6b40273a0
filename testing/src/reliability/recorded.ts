import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultRow } from './record-fault.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const DOCUMENT = join(ROOT, 'docs/reliability.md');

type Row = Pick<FaultRow, 'fault' | 'happened' | 'file'>;

/** What the tests record, as it stands in their sources. */
export function recordedInSources(): Row[] {
  const calls = /\brecordFault\(\s*'([^']+)',\s*'([^']+)'/g;
  return ['packages', 'testing'].flatMap(testsIn).flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(calls)].map(([, fault, happened]) => ({
      fault,
      happened,
      file,
    })),
  );
}

/** Paths of tests, from the root. */
function testsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testsIn(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** The lines of the document's tables. */
export function rowsInDocument(text: string): (Row & { times: number })[] {
  const line = /^\| ([^|]+?) +\| +([\d,]+) \| ([^|]+?) +\| \[.*\]\(\.\.\/(.+)\) +\|$/gm;
  return [...text.matchAll(line)].map(([, fault, times, happened, file]) => ({
    ...{ fault, happened, file },
    times: Number(times.replaceAll(',', '')),
  }));
}

/** Rows that came one by one, with the times of each fault added up, as a table. */
export function tableOf(rows: readonly FaultRow[]): string {
  const sums = new Map<string, FaultRow>();
  for (const row of rows) {
    const key = row.file + row.fault;
    sums.set(key, { ...row, times: row.times + (sums.get(key)?.times ?? 0) });
  }
  const lines = [...sums.values()]
    .map((row) => ({ ...row, file: relative(ROOT, row.file) }))
    .sort((a, b) => (a.file + a.fault < b.file + b.fault ? -1 : 1))
    .map(({ fault, times, happened, file }) => {
      const name = file.split('/').at(-1)!.replace('.test.ts', '');
      return `| ${fault} | ${times.toLocaleString('en-US')} | ${happened} | [${name}](../${file}) |`;
    });
  return ['| fault | times | what happened | test |', '| --- | ---: | --- | --- |', ...lines].join('\n');
}
