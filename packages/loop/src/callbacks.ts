import { dispose } from '@tensorflow/tfjs-core';
import { tensorsIn } from './batch.js';
import type { Callback, End, LiveRun, Measured, StepTensors } from './callback.js';

/** The methods that are told of something. */
type Event = 'onStart' | 'onStep' | 'onMetrics' | 'onEvaluate' | 'onCheckpoint' | 'onRollback';

/** The callbacks of a run, called in their order, each waited for. Those that only watch cannot end the run. */
export class Callbacks {
  private readonly haveFailed = new Set<Callback>();

  constructor(readonly list: readonly Callback[]) {}

  /** @throws The error of a callback that does not only watch; at the start, the error of any callback. */
  async notify<E extends Event>(
    event: E,
    ...args: Parameters<Extract<Callback[E], (...args: never[]) => unknown>>
  ): Promise<void> {
    const run = args.at(-1) as LiveRun;
    for (const callback of this.list) {
      const method = callback[event] as ((...args: unknown[]) => unknown) | undefined;
      if (!method) continue;
      try {
        const result = method.apply(callback, args);
        if (result instanceof Promise) await result;
      } catch (error) {
        if (event === 'onStart' || !callback.onlyWatches) throw error;
        this.warn(callback, run, error);
      }
    }
  }

  /** What the callbacks measure. Where two measure the same name, the later one counts. */
  async measure(run: LiveRun, tensors: StepTensors): Promise<Measured> {
    const values: Record<string, Measured[string]> = {};
    for (const callback of this.list) {
      try {
        const measured = { ...(await callback.measure?.(run, tensors)) };
        dispose(tensorsIn(Object.keys(measured).map((name) => values[name])));
        Object.assign(values, measured);
      } catch (error) {
        if (callback.onlyWatches) this.warn(callback, run, error);
        else {
          dispose(tensorsIn(values));
          throw error;
        }
      }
    }
    return values;
  }

  /**
   * Tells all callbacks that the run is over, also where some of them throw.
   *
   * @throws The first error that a callback throws here. If the run itself ended with an error, that one is thrown by `train`, and
   *   these are warnings.
   */
  async end(end: End, run: LiveRun): Promise<void> {
    const errors: unknown[] = [];
    for (const callback of this.list) {
      try {
        await callback.onEnd?.(end, run);
      } catch (error) {
        if (callback.onlyWatches || end.reason === 'error') this.warn(callback, run, error);
        else errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  private warn(callback: Callback, { step }: LiveRun, error: unknown): void {
    if (this.haveFailed.has(callback)) return;
    this.haveFailed.add(callback);
    const { name = 'a callback' } = callback;
    const message = error instanceof Error ? error.message : String(error);
    console.warn(`train: ${name} failed at step ${step}, and is only warned of once: ${message}`);
  }
}
