import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, removeLeftDrafts, writeAtomicFile } from '@evenkeel/files';
import type { Callback } from '../callback.js';
import { appendWhole } from './append-whole.js';
import { linesUpTo, metricLine } from './metrics-lines.js';
import { systemInfo } from './system-info.js';

export interface MetricsFileOptions {
  /** The file, `metrics.jsonl`. Its folder is made. */
  readonly path: string;
  /** The name of the run, which is written into it: reports tell by it whose numbers they are. */
  readonly run?: string;
}

/**
 * Appends every record to a file, one JSON object a line, after a line on the system and one with the name of the run.
 *
 * A run that begins anew replaces the file; one that is resumed, or goes back, drops what was recorded after the step
 * it goes on from. What was there stays readable at any instant.
 */
export function metricsFile({ path, run: name }: MetricsFileOptions): Callback {
  const append = (value: object) => appendWhole(path, metricLine(value));
  const cutAt = async (step: number) => {
    const before = step > 0 && existsSync(path) ? readFileSync(path, 'utf8') : '';
    await writeAtomicFile('metricsFile', path, linesUpTo(before, step));
  };
  return {
    name: 'metricsFile',
    onlyWatches: true,
    async onStart(run) {
      await makeFolder('metricsFile', dirname(path));
      await removeLeftDrafts('metricsFile', dirname(path));
      await cutAt(run.step);
      append({ system: systemInfo() });
      if (name !== undefined) append({ run: name });
    },
    onMetrics: (record) => append(record),
    onRollback: (run) => cutAt(run.step),
  };
}
