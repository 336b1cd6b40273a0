import type { MetricRecord } from '@evenkeel/trainer';

/** A metric of a run: its values at the steps at which it was measured. */
export interface Series {
  readonly steps: number[];
  readonly values: number[];
}

/** What was recorded of a run, by metric. */
export class History {
  readonly records: MetricRecord[] = [];
  readonly series = new Map<string, Series>();

  add(record: MetricRecord): void {
    this.records.push(record);
    for (const [name, value] of Object.entries(record)) {
      if (name === 'step' || name === 'seconds') continue;
      let series = this.series.get(name);
      if (!series) {
        series = { steps: [], values: [] };
        this.series.set(name, series);
      }
      if (series.steps.at(-1) === record.step) {
        series.values[series.values.length - 1] = value;
      } else {
        series.steps.push(record.step);
        series.values.push(value);
      }
    }
  }

  last(metric: string): number | undefined {
    return this.series.get(metric)?.values.at(-1);
  }
}

/** What was measured last, at a step or before it. */
export function valueAt({ steps, values }: Series, step: number): number | undefined {
  const after = steps.findIndex((each) => each > step);
  return values[after < 0 ? values.length - 1 : after - 1];
}
