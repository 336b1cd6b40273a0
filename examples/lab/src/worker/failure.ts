import { DivergenceError } from '@evenkeel/trainer';
import { adviceOf } from '../shared/advice.js';
import type { FromWorker } from '../shared/messages.js';

/** What the page is told of an error: of a loss that left the rails in the lab's own words, since it offers what can be done. */
export function failureOf(error: unknown): Extract<FromWorker, { type: 'failed' }> {
  if (error instanceof DivergenceError) {
    const { step, loss, parameter } = error;
    const came = Number.isNaN(loss)
      ? 'not a number'
      : Number.isFinite(loss)
        ? loss.toPrecision(3)
        : 'infinite';
    const shown = parameter === undefined ? '' : ` It shows most in ${parameter}.`;
    const message = `The run has diverged: its loss at step ${step} is ${came}.${shown}`;
    return { type: 'failed', message, advice: [], divergedAt: step };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', message, advice: adviceOf(error) };
}
