import type { Instability, InstabilityOptions } from './instability-options.js';
import { alphasOf } from './path-options.js';
import { isList, isRecord, shown } from './what-came.js';

type Options = Pick<
  InstabilityOptions<unknown>,
  'steps' | 'fromStep' | 'fromSteps' | 'finished' | 'alphas' | 'data'
>;

/**
 * Steps at which twins are forked, as they were asked for.
 *
 * @throws If there is none, or one is out of range.
 */
export function forksOf({ steps, fromStep, fromSteps }: Options): readonly number[] {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new Error(`instabilityAnalysis: steps is ${shown(steps)}, expected a whole number ≥ 1.`);
  }
  if (fromStep !== undefined && fromSteps !== undefined) {
    throw new Error(
      `instabilityAnalysis: fromStep and fromSteps came both, expected one. Leave out fromStep.`,
    );
  }
  const advice =
    `expected whole numbers from 0 to steps (${steps}). ` +
    `Try [0, ${Math.round(steps / 10)}, ${Math.round(steps / 2)}].`;
  const given = fromSteps === undefined ? fromStep : fromSteps;
  const forks = typeof given === 'number' ? [given] : given;
  if (!isList(forks)) throw new Error(`instabilityAnalysis: fromSteps is ${shown(forks)}, ${advice}`);
  if (forks.length === 0) throw new Error(`instabilityAnalysis: fromSteps has nothing, ${advice}`);
  const wrong = [...forks].findIndex((step) => !Number.isInteger(step) || step < 0 || step > steps);
  if (wrong >= 0) throw new Error(`instabilityAnalysis: fromSteps has ${shown(forks[wrong])}, ${advice}`);
  return [...forks];
}

/**
 * Results that an earlier analysis has found, by step of the fork.
 *
 * @throws If they are not of this analysis, as far as they tell.
 */
export function finishedOf({ finished = [], alphas, data }: Options): Map<number, Instability> {
  if (!Array.isArray(finished)) {
    throw new Error(
      `instabilityAnalysis: finished is ${shown(finished)}, expected a list of results, as onResult gives them.`,
    );
  }
  const shape = (points: readonly number[], splits: object) =>
    JSON.stringify([points, Object.keys(splits).sort()]);
  const expected = shape(alphasOf('instabilityAnalysis', alphas), data);
  for (const result of finished) {
    if (!isRecord(result) || typeof result.fromStep !== 'number' || !isRecord(result.values)) {
      throw new Error(
        `instabilityAnalysis: finished has ${shown(result)}, expected results of this analysis, as onResult gives them.`,
      );
    }
    if (shape(result.alphas as readonly number[], result.values) === expected) continue;
    throw new Error(
      `instabilityAnalysis: finished has a result of step ${result.fromStep} with other alphas or splits, expected those ` +
        `of the options. Leave it out to measure it anew.`,
    );
  }
  return new Map(finished.map((result) => [result.fromStep, result]));
}
