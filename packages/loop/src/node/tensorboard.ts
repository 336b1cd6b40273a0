import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Callback } from '../callback.js';
import { appendWhole } from './append-whole.js';
import { eventRecord, type TensorBoardEvent } from './tensorboard-event.js';

/**
 * Writes every record as a TensorBoard event file: `tensorboard --logdir DIRECTORY` shows it.
 *
 * Each start has a file of its own. After a resumption TensorBoard drops what an interrupted run had recorded later.
 */
export function tensorboard({ directory }: { readonly directory: string }): Callback {
  let path: string;
  const append = (event: Omit<TensorBoardEvent, 'wallTime'>) =>
    appendWhole(path, eventRecord({ wallTime: Date.now() / 1000, ...event }));
  return {
    name: 'tensorboard',
    onlyWatches: true,
    onStart(run) {
      mkdirSync(directory, { recursive: true });
      const now = String(Date.now());
      path = join(
        directory,
        `events.out.tfevents.${now.slice(0, -3)}.${hostname()}.${process.pid}.${now.slice(-3)}`,
      );
      writeFileSync(path, eventRecord({ wallTime: Date.now() / 1000, fileVersion: 'brain.Event:2' }));
      if (run.step > 0) append({ step: run.step + 1, restart: true });
    },
    onMetrics({ step, ...scalars }) {
      append({ step, scalars });
    },
    onRollback: (run) => append({ step: run.step + 1, restart: true }),
  };
}
