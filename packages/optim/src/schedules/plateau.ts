import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '../check-number.js';
import type { Schedule } from './schedule.js';

export interface PlateauOptions {
  /** The rate of the beginning. */
  learningRate: number;
  /** What the rate is multiplied by, in (0, 1). Default 0.1. */
  factor?: number;
  /** How many values in a row may bring nothing before the rate falls. Default 10. */
  patience?: number;
  /** By which share a value must be below the best to count as better, in [0, 1). Default 1e-4. */
  threshold?: number;
  /** How many values are not counted after a fall. Default 0. */
  cooldown?: number;
  /** The rate does not fall below this. Default 0. */
  floor?: number;
}

/** Where a {@link PlateauSchedule} stands, as plain JSON; `best` is null before the first value. */
export interface PlateauState {
  /** The learning rate now. */
  readonly rate: number;
  /** The lowest value so far. */
  readonly best: number | null;
  /** How many values in a row have brought nothing. */
  readonly bad: number;
  /** How many values to come are not counted. */
  readonly cooling: number;
}

/** A schedule that is told how training goes. */
export interface PlateauSchedule extends Schedule {
  /** Takes the next value of what should fall, such as the validation loss. NaN is never better. */
  observe(value: number): void;
  /** Where it stands: save it beside the optimizer, and set it to go on. */
  state: PlateauState;
}

/**
 * A rate that falls whenever a value has stopped falling. (ReduceLROnPlateau)
 *
 *     const schedule = plateau({ learningRate: 0.1, patience: 5 });
 *     const optimizer = new AdamW({ learningRate: schedule });
 *     … schedule.observe(validationLoss) after each evaluation
 *
 * As `torch.optim.lr_scheduler.ReduceLROnPlateau` with `mode='min'`, `threshold_mode='rel'`.
 *
 * @throws If an option is unknown or out of range.
 */
export function plateau(options: PlateauOptions): PlateauSchedule {
  checkOptions('plateau', options, OPTIONS);
  const { learningRate, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor = 0 } = options;
  checkNumber('plateau', 'learningRate', learningRate, { atLeast: 0, below: Infinity, typical: 1e-3 });
  checkNumber('plateau', 'factor', factor, { above: 0, below: 1, typical: 0.1 });
  checkNumber('plateau', 'patience', patience, { atLeast: 0, integer: true, typical: 10 });
  checkNumber('plateau', 'threshold', threshold, { atLeast: 0, below: 1, typical: 1e-4 });
  checkNumber('plateau', 'cooldown', cooldown, { atLeast: 0, integer: true, typical: 0 });
  checkNumber('plateau', 'floor', floor, { atLeast: 0, below: Infinity, typical: 0 });

  let state: PlateauState = { rate: learningRate, best: null, bad: 0, cooling: 0 };
  const observe = (value: number): void => {
    const isBetter = state.best === null ? !Number.isNaN(value) : value < state.best * (1 - threshold);
    const best = isBetter ? value : state.best;
    const cooling = Math.max(0, state.cooling - 1);
    const bad = isBetter || state.cooling > 0 ? 0 : state.bad + 1;
    state =
      bad > patience
        ? { rate: Math.max(floor, state.rate * factor), best, bad: 0, cooling: cooldown }
        : { rate: state.rate, best, bad, cooling };
  };
  const schedule = Object.assign(() => state.rate, { observe });
  return Object.defineProperty(schedule, 'state', {
    get: () => state,
    set: (saved: PlateauState) => {
      state = { ...saved };
    },
  }) as unknown as PlateauSchedule;
}

const OPTIONS: Record<keyof PlateauOptions, true> = {
  learningRate: true,
  factor: true,
  patience: true,
  threshold: true,
  cooldown: true,
  floor: true,
};
