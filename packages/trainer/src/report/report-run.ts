import type { MetricLines } from '@evenkeel/loop/node';

/** A run to show. */
export interface ReportRun extends MetricLines {
  /** Its config. */
  readonly config?: unknown;
  /** What it is called in plots and tables. */
  readonly name: string;
}
