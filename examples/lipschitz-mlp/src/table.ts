import { RECIPES } from './recipes.js';
import type { Result, Run } from './run.js';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Results by recipe and level, means over seeds: header and rows. */
export function tableRows(results: readonly (Run & Result)[]): string[][] {
  const { radii } = results[0].settings;
  const header = [
    ...['recipe', 'level', 'accuracy', 'Lipschitz bound'],
    ...radii.map((radius) => `attacked ${radius}`),
    `certified ${radii[0]}`,
  ];
  const groups = groupBy(results, ({ recipe, level }) => `${recipe} ${level}`);
  const rows = [...groups.values()].map((group) => {
    const mean = (value: (result: Result) => number) =>
      group.reduce((sum, result) => sum + value(result), 0) / group.length;
    const [{ recipe, level }] = group;
    return [
      recipe,
      `${RECIPES[recipe].knob} ${level}`,
      percent(mean(({ accuracy }) => accuracy)),
      mean(({ lipschitz }) => lipschitz).toPrecision(3),
      ...radii.map((_, i) => percent(mean(({ attacked }) => attacked[i]))),
      percent(mean(({ certified }) => certified[0])),
    ];
  });
  return [header, ...rows];
}

/** The table for a terminal: the first two columns left, the others right. */
export function formatTable(results: readonly (Run & Result)[]): string {
  const rows = tableRows(results);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .join('\n');
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
