import * as Plot from '@observablehq/plot';
import { eachSeed, percent } from '../recorded/over-seeds.js';
import type { RunRecord } from '../recorded/result.js';
import { COLOURS, legend, svg } from '../recorded/svg.js';
import { markdownTable } from '../recorded/table.js';
import type { Measured } from './execute.js';
import type { Settings } from './settings.js';

type Run = RunRecord<Settings, Measured>;
type Group = { id: string; runs: Run[] };

/** "120", or "> 300" where it did not in so many epochs. */
export const generalisedAt = ({ measured, settings }: Run): string =>
  measured.generalisedAt === null ? `> ${settings.epochs}` : String(measured.generalisedAt);

/** A row per plan. */
export function fullBatchTable(groups: readonly Group[]): string {
  return markdownTable(
    [
      'run',
      'task',
      'network',
      'lr',
      'β₂',
      'epochs',
      'generalises at',
      'best test',
      'last train',
      'largest collapse',
    ],
    groups.map(({ id, runs }) => {
      const { task, network, learningRate, beta2, epochs, threshold } = runs[0].settings;
      return [
        `\`${id}\``,
        describeTask(task),
        describeNetwork(network),
        String(learningRate),
        String(beta2),
        String(epochs),
        `≥ ${percent(threshold, 0)}: ${eachSeed(runs, generalisedAt)}`,
        eachSeed(runs, ({ measured }) => percent(measured.bestTestAccuracy)),
        eachSeed(runs, ({ measured }) => percent(measured.finalTrainAccuracy, 0)),
        eachSeed(runs, ({ measured }) => percent(measured.largestCollapse, 0)),
      ];
    }),
  );
}

function describeTask(task: Settings['task']): string {
  const share = percent(task.trainFraction, 0);
  if (task.kind === 'parity')
    return `parity of ${task.parityBits} of ${task.bits} bits, ${share} of ${task.examples}`;
  const sign = { add: '+', subtract: '−', multiply: '×', divide: '÷' }[task.operation];
  return `a ${sign} b mod ${task.modulus}, ${share}`;
}

const describeNetwork = (network: Settings['network']): string =>
  network.kind === 'mlp'
    ? `MLP ${network.hidden.join('-')}`
    : `${network.layers}-layer transformer, ${network.width} wide`;

/** A curve for each run of each group, in the group's colour. */
export function accuracyPlot(
  groups: readonly Group[],
  prefix: string,
  curve: 'testAccuracy' | 'collapse' = 'testAccuracy',
): string {
  const names = groups.map(({ id }) => id.slice(prefix.length));
  const points = groups.flatMap(({ id, runs }) =>
    runs.flatMap(({ seed, measured }) =>
      measured.curves[curve].steps.map((epoch, i) => ({
        recipe: id.slice(prefix.length),
        run: `${id} ${seed}`,
        epoch,
        value: 100 * measured.curves[curve].values[i],
      })),
    ),
  );
  const label = curve === 'testAccuracy' ? 'accuracy on unseen examples, %' : 'collapsed examples, %';
  return svg({
    x: { label: 'epoch' },
    y: { domain: [0, 100], grid: true, label },
    color: { domain: names, range: COLOURS.slice(0, names.length) },
    marginRight: 130,
    marks: [
      Plot.lineY(points, { x: 'epoch', y: 'value', z: 'run', stroke: 'recipe', strokeWidth: 1.5 }),
      ...legend(names),
    ],
  });
}
