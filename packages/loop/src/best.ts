import { isBetter, type Mode, modeOf } from './better.js';

/** The metric by which a checkpoint is the best. Without a `mode`, accuracies are better the larger, all else the smaller. */
export type BestOption = string | { readonly metric: string; readonly mode?: Mode };

/** The best value of a metric so far, and at which step it was measured. */
export interface Best {
  readonly metric: string;
  readonly mode: Mode;
  readonly value: number;
  readonly step: number;
}

/** Remembers when a metric was at its best. */
export class BestSoFar {
  readonly metric: string;
  private readonly mode: Mode;
  private best: Best | undefined;
  /** Whether there is a new best value that no checkpoint holds yet. */
  isNew = false;

  /** @throws If the option is no metric, or the mode is neither 'min' nor 'max'. */
  constructor(option: BestOption) {
    const { metric, mode = modeOf(String(metric)) } =
      typeof option === 'string' ? { metric: option } : option;
    if (typeof metric !== 'string' || metric === '') {
      throw new Error(
        `train: checkpoint.best is ${String(metric)}, expected the name of a metric. Try 'validationLoss'.`,
      );
    }
    if (mode !== 'min' && mode !== 'max') {
      throw new Error(`train: checkpoint.best.mode is '${String(mode)}', expected 'min' or 'max'.`);
    }
    this.metric = metric;
    this.mode = mode;
  }

  /** Looks at what was measured at a step. */
  see(numbers: Readonly<Record<string, number>>, step: number): void {
    const { metric, mode } = this;
    const value = numbers[metric];
    if (value === undefined || !isBetter(value, this.best?.value, mode)) return;
    this.best = { metric, mode, value, step };
    this.isNew = true;
  }

  state(): Best | undefined {
    return this.best;
  }

  /** Takes up what a checkpoint says, if it is about the same metric. */
  restore(best: Best | undefined): void {
    this.best = best?.metric === this.metric && best.mode === this.mode ? best : undefined;
    this.isNew = false;
  }
}
