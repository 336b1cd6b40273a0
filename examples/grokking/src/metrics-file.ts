import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Metrics } from './metrics.js';
import type { Run } from './run.js';

/** Appends the metrics of a run to `OUT/SETTING/RECIPE/metrics.jsonl`, one JSON object a line. */
export class MetricsFile {
  readonly path: string;
  private readonly file: number;

  constructor(out: string, { setting, recipe }: Run) {
    const folder = join(out, setting.name, recipe);
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'metrics.jsonl');
    this.file = openSync(this.path, 'w');
  }

  append(metrics: Metrics): void {
    writeSync(this.file, `${JSON.stringify(metrics)}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}
