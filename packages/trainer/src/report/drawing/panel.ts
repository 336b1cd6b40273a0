import type { Series } from './series.js';

/** One chart: what is drawn over steps. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** What the axis is where nobody chooses. */
  readonly isLogarithmic: boolean;
  readonly isShare: boolean;
  readonly lines: readonly Line[];
}

/** A metric of a run. */
export interface Line {
  /** Which run. */
  readonly run: number;
  readonly metric: string;
  /** Which of the panel's metrics, from 0: how it is dashed. */
  readonly style: number;
  readonly series: Series;
}

/** All that is drawn of a report, and all that its page knows. */
export interface Drawn {
  /** What the runs are called. */
  readonly names: readonly string[];
  readonly panels: readonly Panel[];
}

/** How a reader wants to see it. */
export interface View {
  /** 0 to 1, exclusive: how much of the average before each point remains. */
  readonly smoothing: number;
  /** Chosen for all charts; undefined: as each panel says. */
  readonly axis: 'log' | 'linear' | undefined;
  /** Runs that are switched off. */
  readonly hidden: ReadonlySet<number>;
}
