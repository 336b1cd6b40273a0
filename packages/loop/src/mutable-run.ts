import { engine, type Optimizer, type Variable } from '@tensorflow/tfjs-core';
import type { LiveRun } from './callback.js';
import { trainableVariables } from './model.js';
import type { TrainOptions } from './options.js';

/** Where a run stands: what the loop changes and callbacks see. */
export class MutableRun implements LiveRun {
  step = 0;
  readonly steps: number;
  readonly variables: readonly Variable[];
  readonly optimizer: Optimizer | undefined;
  metrics: Record<string, number> = {};
  /** The step at which each metric was measured. */
  metricSteps: Record<string, number> = {};
  /** The losses of the first steps. */
  firstLosses: readonly number[] = [];
  /** Why it ends, once it does. */
  reason: string | undefined;
  wantsSave = false;
  private began = performance.now();

  constructor({ model, variables, optimizer, steps = Infinity }: TrainOptions) {
    this.steps = steps;
    this.optimizer = optimizer;
    this.variables = variables ?? (model ? trainableVariables(model) : liveVariables());
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  set seconds(seconds: number) {
    this.began = performance.now() - seconds * 1000;
  }

  /** Takes over numbers that were measured now. */
  measured(numbers: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(numbers)) {
      this.metrics[name] = value;
      this.metricSteps[name] = this.step;
    }
  }

  stop(reason: string): void {
    this.reason ??= reason;
  }

  save(): void {
    this.wantsSave = true;
  }
}

const liveVariables = (): Variable[] =>
  Object.values(engine().registeredVariables).filter(({ trainable }) => trainable);
