import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan, RunRecord } from './result.js';

const FILE = /^(.+)-seed(\d+)\.json$/;

/** The files of a result's runs: `results/ID-seedN.json` in its folder. */
export class RecordFiles {
  private readonly folder: string;

  /** @param root Where the folders of all results are. */
  constructor(root: string, result: string) {
    this.folder = join(root, result, 'results');
  }

  write(record: RunRecord): void {
    mkdirSync(this.folder, { recursive: true });
    const path = this.path(record.id, record.seed);
    writeFileSync(`${path}.tmp`, `${JSON.stringify(record, rounded, 1)}\n`);
    renameSync(`${path}.tmp`, path);
  }

  /** A run's record, if there is one of these very settings. */
  find(id: string, seed: number, settings: unknown): RunRecord | undefined {
    const found = this.all().find((record) => record.id === id && record.seed === seed);
    return found && same(found.settings, settings) ? found : undefined;
  }

  /** Those of these plans, of the very settings that they have now. */
  of(plans: readonly Plan<unknown>[]): RunRecord[] {
    const current = new Map(plans.map(({ id, settings }) => [id, canonical(settings)]));
    return this.all().filter(({ id, settings }) => current.get(id) === canonical(settings));
  }

  /** All that are there, by id and seed. */
  private all(): RunRecord[] {
    return this.names()
      .filter((name) => FILE.test(name))
      .map((name) => JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as RunRecord)
      .sort((a, b) => a.id.localeCompare(b.id) || a.seed - b.seed);
  }

  private names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }

  private path(id: string, seed: number): string {
    return join(this.folder, `${id}-seed${seed}.json`);
  }
}

/** Whether two settings say the same once they are JSON, in whatever order. */
const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys, numbers as files hold them. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (key, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a.localeCompare(b)))
      : rounded(key, part),
  );

/** Six digits are more than seeds agree on, and keep files small; JSON has no NaN and no Infinity. */
function rounded(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : String(value);
}
