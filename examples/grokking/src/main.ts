// Reproduces "Grokking at the Edge of Numerical Stability" (Prieto et al., 2025): trains, draws
// progress bars, prints a table per setting and writes a report with plots.
//
//   npm start                                          both settings, about two minutes
//   npm start -- --recipe orthograd --seed 2           one run
//   npm start -- --help

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plotLines } from '@evenkeel/example-common/plot';
import pc from 'picocolors';
import { parseArguments } from './arguments.js';
import type { Metrics } from './metrics.js';
import { MetricsFile } from './metrics-file.js';
import { inParallel } from './parallel.js';
import { Progress } from './progress.js';
import { writeReport } from './report.js';
import { type Result, tableRows } from './results.js';
import { describeSetting } from './settings.js';
import { formatTable } from './table.js';

const { runs, out } = parseArguments(process.argv.slice(2));

const histories = new Map(runs.map((run) => [run, [] as Metrics[]]));
const files = new Map(runs.map((run) => [run, new MetricsFile(out, run)]));
const engines = new Map<(typeof runs)[number], string>();
const progress = new Progress(runs);
try {
  await inParallel(runs, {
    onEngine: (run, engine) => engines.set(run, engine),
    onMetrics(run, metrics) {
      histories.get(run)!.push(metrics);
      files.get(run)!.append(metrics);
      progress.update(run, metrics);
    },
  });
} catch (error) {
  progress.stop();
  console.error(pc.red((error as Error).message));
  process.exit(1);
} finally {
  progress.stop();
  for (const file of files.values()) file.close();
}

const results: Result[] = runs.map((run) => ({
  ...run,
  history: histories.get(run)!,
  engine: engines.get(run)!,
}));
const bySetting = [...new Set(results.map(({ setting }) => setting))].map((setting) =>
  results.filter((result) => result.setting === setting),
);
for (const group of bySetting) {
  const [{ setting, engine }] = group;
  console.log(
    `\n${pc.bold(describeSetting(setting))}\ncomputed by ${engine}\n${formatTable(tableRows(group))}`,
  );
}
const report = join(out, 'report.html');
writeReport(report, bySetting);
const points = results.flatMap(({ recipe, setting, history }) =>
  history.map(({ epoch, testAccuracy }) => ({
    line: `${recipe}, ${setting.name}`,
    x: epoch,
    y: testAccuracy,
  })),
);
const picture = {
  x: 'epoch',
  y: 'right on unseen pairs, %',
  scale: 'percent' as const,
  key: 'bottom-right' as const,
};
writeFileSync(join(out, 'accuracy.svg'), plotLines(points, picture));
console.log(
  `\nPlots: ${report}, ${join(out, 'accuracy.svg')}\nNumbers: ${[...files.values()].map(({ path }) => path).join(', ')}`,
);
