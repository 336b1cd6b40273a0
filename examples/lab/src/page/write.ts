import type { FromWorker, ToWorker } from '../shared/messages.js';
import { newWorker } from './new-worker.js';

type Asked = Omit<Extract<ToWorker, { type: 'write' }>, 'type'>;
type Written = Extract<FromWorker, { type: 'written' }>;

/**
 * Lets the model of a checkpoint write, in a worker of its own, so that it disturbs no run and can be stopped at once. Comes
 * back when all is written, or `signal` stops it.
 *
 * @param hear Told of the whole text after each token.
 * @throws If the model cannot write that.
 */
export async function write(
  asked: Asked,
  hear: (written: Written) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const worker = newWorker();
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve());
      worker.onerror = ({ message }) => reject(new Error(`The worker that writes stopped (${message}).`));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'failed') reject(new Error(data.message));
        if (data.type !== 'written') return;
        hear(data);
        if (data.isDone) resolve();
      };
      worker.postMessage({ type: 'write', ...asked } satisfies ToWorker);
    });
  } finally {
    worker.terminate();
  }
}
