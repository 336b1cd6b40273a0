import type { RunRecord } from './result.js';

/** Records by id, in the order of `ids`; those without a record are left out. */
export function byId<S, M>(
  records: readonly RunRecord<S, M>[],
  ids: readonly string[],
): { id: string; runs: RunRecord<S, M>[] }[] {
  return ids
    .map((id) => ({ id, runs: records.filter((record) => record.id === id) }))
    .filter(({ runs }) => runs.length > 0);
}

/** What each seed gave: "1.65, 1.66, 1.64". Equal values once: "> 300 (3 seeds)". */
export function eachSeed<R>(runs: readonly R[], show: (run: R) => string): string {
  const shown = runs.map(show);
  if (shown.length === 0) return '–';
  return shown.length > 1 && new Set(shown).size === 1
    ? `${shown[0]} (${shown.length} seeds)`
    : shown.join(', ');
}

/** What seeds gave: "130 ± 36", mean ± standard deviation; one seed, and equal values, as they are. */
export function spread(values: readonly number[], digits = 0): string {
  if (values.length === 0) return '–';
  const centre = mean(values);
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / Math.max(1, values.length - 1);
  const deviation = Math.sqrt(variance).toFixed(digits);
  return Number(deviation) === 0 ? centre.toFixed(digits) : `${centre.toFixed(digits)} ± ${deviation}`;
}

export const seedsOf = ({ length }: readonly unknown[]): string =>
  length === 1 ? '1 seed' : `${length} seeds`;

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** All time that runs took, in words. */
export function timeTaken(records: readonly RunRecord[]): string {
  if (records.length === 0) return 'No runs yet.';
  const sum = (kind: 'wall' | 'cpu') => records.reduce((all, { minutes }) => all + minutes[kind], 0);
  const backends = [
    ...new Set(
      records.map(
        ({ environment: { backend, kernels } }) =>
          `${backend}, ${kernels > 0 ? 'our kernels' : "tfjs's kernels"}`,
      ),
    ),
  ];
  const commits = new Set(records.map(({ environment }) => short(environment.commit)));
  const nodes = [...new Set(records.map(({ environment }) => environment.node))];
  const machines = [...new Set(records.map(({ environment }) => environment.cpu))];
  return (
    `${records.length} runs, ${sum('cpu').toFixed(0)} minutes of CPU time, ${sum('wall').toFixed(0)} on the clock, one process on a ` +
    `shared machine (${machines.join('; ')}; Node ${nodes.join(', ')}; ${backends.join('; ')}). Commits (+: with changes not committed): ${[...commits].sort().join(', ')}.`
  );
}

/** The `+` of a tree with changes that were not committed stays. */
const short = (commit: string | null): string =>
  commit ? commit.slice(0, 8) + (commit.endsWith('+') ? '+' : '') : 'unknown';
