import type { Callback, LiveRun } from '../callback.js';
import { appendWhole } from './append-whole.js';
import { metricLine } from './metrics-lines.js';

export interface SamplesOptions {
  /** The `metrics.jsonl` of the run. Put this after `metricsFile`. */
  readonly path: string;
  /** A sample is written every so many steps, ≥ 1. */
  readonly every: number;
  /** Returns the text to write down, such as one that the model generates. */
  readonly write: (run: LiveRun) => string | Promise<string>;
}

/** Notes what the model writes, every so many steps, for the report. */
export function samples({ path, every, write }: SamplesOptions): Callback {
  if (!(Number.isInteger(every) && every >= 1)) {
    throw new Error(`samples: every is ${every}, expected a whole number ≥ 1. A usual value is 500.`);
  }
  return {
    name: 'samples',
    onlyWatches: true,
    async onStep(run) {
      if (run.step % every !== 0) return;
      appendWhole(path, metricLine({ step: run.step, sample: await write(run) }));
    },
  };
}
