import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Metrics } from './metrics.js';
import type { Run } from './run.js';

type Message = { engine: string } | { metrics: Metrics } | { error: string };

/** Called as runs go on. */
export interface Watcher<R extends Run> {
  /** What computes a run, in words. */
  onEngine(run: R, engine: string): void;
  /** Every line of metrics. */
  onMetrics(run: R, metrics: Metrics): void;
}

/**
 * Trains several runs at once, one process each, no more than the machine has cores.
 *
 * @throws As soon as one run fails; the others are stopped.
 */
export async function inParallel<R extends Run>(runs: readonly R[], watcher: Watcher<R>): Promise<void> {
  const waiting = [...runs];
  const stop = new AbortController();
  const lane = async () => {
    for (let run = waiting.shift(); run && !stop.signal.aborted; run = waiting.shift()) {
      await inProcess(run, watcher, stop.signal);
    }
  };
  const lanes = Array.from({ length: Math.min(availableParallelism(), runs.length) }, lane);
  try {
    await Promise.all(lanes);
  } finally {
    stop.abort();
    await Promise.allSettled(lanes);
  }
}

function inProcess<R extends Run>(run: R, watcher: Watcher<R>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(
        new Error(`grokking: recipe '${run.recipe}' in the ${run.setting.name} setting stopped: ${reason}`),
      );
    const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    signal.addEventListener('abort', () => child.kill());
    let errors = '';
    child.stderr!.on('data', (text) => {
      errors += text; // tfjs greets on stderr: show it only when something went wrong
    });
    child.on('message', (message: Message) => {
      if ('error' in message) fail(message.error);
      else if ('engine' in message) watcher.onEngine(run, message.engine);
      else watcher.onMetrics(run, message.metrics);
    });
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, killedBy) => {
      if (code === 0) resolve();
      else fail(killedBy ? `it was ended by ${killedBy}.` : `exit code ${code}. ${errors.trim()}`);
    });
    child.send({
      setting: run.setting,
      recipe: run.recipe,
      backend: run.backend,
      blas: run.blas,
    } satisfies Run);
  });
}
