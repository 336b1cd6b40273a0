import { parseJson } from '@evenkeel/files';
import type { Best } from './best.js';
import type { RunState } from './checkpoint.js';

/** What a `state.json` holds: where a run stands, and the order of the tensors beside it. */
export interface StateFile extends RunState {
  readonly order: { readonly weights: readonly string[]; readonly optimizer: readonly string[] };
  /** How many had been saved when it was, itself included: which is newer of two. */
  readonly saved: number;
}

const FORMAT = 3;

export const stateText = (state: StateFile): string =>
  `${JSON.stringify({ format: FORMAT, ...state, metrics: finite(state.metrics) }, null, 1)}\n`;

/**
 * Reads a `state.json`, which may come from anywhere.
 *
 * @throws If it is damaged or of another format.
 */
export function parseRunState(path: string, text: string): StateFile {
  const wrong = (what: string) => new Error(`'${path}' ${what}, expected the state of a checkpoint.`);
  const state = parseJson('checkpoint', `'${path}'`, text);
  if (!isObject(state)) throw wrong('is no object');
  if (state.format !== FORMAT) {
    throw new Error(
      `'${path}' is of format ${String(state.format)}, expected ${FORMAT}: another version of @evenkeel/loop wrote it. ` +
        'Go on with that one, or begin anew.',
    );
  }
  const whole = (name: 'step' | 'seed' | 'rollbacks' | 'saved') => {
    const value = state[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(`has no valid ${name}`);
    return value as number;
  };
  const number = (name: 'seconds' | 'learningRateScale') => {
    const value = state[name];
    if (!Number.isFinite(value) || (value as number) < 0) throw wrong(`has no valid ${name}`);
    return value as number;
  };
  const numbers = (name: 'metrics' | 'metricSteps') => {
    const value = state[name];
    if (!isObject(value)) throw wrong(`has no valid ${name}`);
    return finite(value);
  };
  const { data, callbacks, firstLosses, best, run, order } = state;
  if (!isObject(callbacks)) throw wrong('has no valid callbacks');
  if (!Array.isArray(firstLosses) || !firstLosses.every(Number.isFinite)) {
    throw wrong('has no valid firstLosses');
  }
  if (best !== undefined && !isBest(best)) throw wrong('has no valid best');
  if (run !== undefined && typeof run !== 'string') throw wrong('has no valid run');
  if (!isObject(order) || !isNames(order.weights) || !isNames(order.optimizer)) {
    throw wrong('has no valid order of tensors');
  }
  return {
    step: whole('step'),
    seed: whole('seed'),
    rollbacks: whole('rollbacks'),
    saved: whole('saved'),
    seconds: number('seconds'),
    learningRateScale: number('learningRateScale'),
    metrics: numbers('metrics'),
    metricSteps: numbers('metricSteps'),
    data,
    callbacks,
    firstLosses,
    best,
    run,
    order: { weights: order.weights, optimizer: order.optimizer },
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isBest = (value: unknown): value is Best =>
  isObject(value) &&
  typeof value.metric === 'string' &&
  (value.mode === 'min' || value.mode === 'max') &&
  Number.isFinite(value.value) &&
  Number.isSafeInteger(value.step);

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** The finite numbers of an object. JSON has no others. */
const finite = (values: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
