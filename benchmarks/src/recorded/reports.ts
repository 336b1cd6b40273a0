import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordFiles } from './record-files.js';
import type { AnyResult } from './result.js';
import { fillSection } from './sections.js';
import { markdownTable } from './table.js';

/** Where a repository has its results and its README. */
export interface Places {
  /** The folder with a folder for each result. */
  readonly benchmarks: string;
  /** The root README. */
  readonly readme: string;
}

/** Every generated file as it has to be: READMEs of results, their plots, and the root README. By path. */
export function generatedFiles(
  results: readonly AnyResult[],
  { benchmarks, readme }: Places,
): Map<string, string> {
  const generated = new Map<string, string>();
  const rows: string[][] = [];
  for (const result of results) {
    const records = new RecordFiles(benchmarks, result.name).of(result.plans);
    const page = join(benchmarks, result.name, 'README.md');
    let text = readFileSync(page, 'utf8');
    for (const [name, content] of Object.entries(result.sections(records))) {
      text = fillSection(page, text, name, content);
    }
    generated.set(page, text);
    for (const [name, svg] of Object.entries(result.plots(records))) {
      generated.set(join(benchmarks, result.name, name), `${svg}\n`);
    }
    const link = `[${result.title}](benchmarks/${result.name})`;
    result.headlines(records).forEach(({ claim, published, measured }, i) => {
      rows.push([i === 0 ? link : '', claim, published, measured]);
    });
  }
  const table = markdownTable(['result', 'claim', 'published', 'measured here, mean ± spread'], rows);
  generated.set(readme, fillSection(readme, readFileSync(readme, 'utf8'), 'results', table));
  return generated;
}

/** The generated files that are not on disk as they have to be. */
export function staleFiles(generated: ReadonlyMap<string, string>): string[] {
  return [...generated]
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) => path);
}

/** Writes them. Returns which were not up to date. */
export function writeStale(generated: ReadonlyMap<string, string>): string[] {
  const stale = staleFiles(generated);
  for (const path of stale) writeFileSync(path, generated.get(path)!);
  return stale;
}
