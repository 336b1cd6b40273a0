import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DivergenceError } from '@evenkeel/trainer';
import {
  type BackendOptions,
  PRESETS,
  type RunConfig,
  UsageError,
  withOverrides,
} from '@evenkeel/trainer/config';
import {
  checkData,
  inWords,
  isRun,
  nameOf,
  type Planned,
  type PlannedRun,
  plannedRun,
  REPORT,
  readRun,
  writeFile,
  writeReport,
  writtenConfig,
} from '@evenkeel/trainer/node';
import { Command } from 'commander';
import pc from 'picocolors';
import { addBackendFlags, type BackendFlags, blasThreads, describeBackend, useBackend } from '../backend.js';
import { claim, entriesOf } from '../claim.js';
import { addConfigFlags } from '../config/flags.js';
import { type Output, outputOf } from '../output.js';
import { type Axis, axesOf, type Point, pointsOf } from '../sweep/axes.js';
import { checkComparable, lossesOf } from '../sweep/losses.js';
import { plotSweep } from '../sweep/plot-sweep.js';
import { asFlags, inSettings, mean, metricOf, settingsOf, summaryTable } from '../sweep/summary.js';
import { type EndedRuns, readSweep, SWEEP, writeSweep } from '../sweep/sweep-file.js';
import { trainInto } from '../training.js';
import { measured } from '../words.js';

const PLOT = 'sweep.svg';

interface Options extends BackendFlags, Planned {
  readonly over?: readonly string[];
  readonly metric?: string;
  readonly overwrite?: boolean;
  readonly verify: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** A point of the sweep, and the run that it is. */
interface PlannedPoint extends Point, PlannedRun {}

export function sweepCommand(finish: (code: number) => void): Command {
  const command = new Command('sweep')
    .summary('trains with every combination of some settings, and compares them')
    .description(
      'Trains one run after the other, with every combination of what --over lists, and says which does best. Stopped, it goes on where it was when the same command comes again; with more values it trains only what is new.',
    )
    .argument('[config]', 'a run config: .json, .yaml or .ts')
    .option(
      '--over <field=values>',
      'a field of the config and its values, comma by comma; again for another field',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option(
      '--metric <name>',
      'what to compare by (default: validationLoss, else loss; accuracy where the losses differ)',
    )
    .option('--preset <name>', `a run that is ready: ${Object.keys(PRESETS).join(', ')}`)
    .option('--text <file>', 'the text to learn from, character by character')
    .option(
      '--out <folder>',
      "where everything goes (default: runs/ and the preset's or config's name, -sweep)",
    )
    .option('--overwrite', 'begin anew where there are runs already')
    .option('--dry-run', 'list the runs, and train nothing')
    .option(
      '--no-verify',
      'do not read the whole of a .bin first, to compare it with the hash in its sidecar',
    )
    .option('--json', 'one JSON object per line instead of sentences');
  addBackendFlags(command);
  const overrides = addConfigFlags(command);
  return command.addHelpText('after', EXAMPLES).action(async (path: string | undefined, options: Options) => {
    const fixed = overrides();
    const axes = axesOf(options.over ?? [], fixed);
    const directory = options.out ?? join('runs', `${nameOf(path, options)}-sweep`);
    const points: PlannedPoint[] = [];
    for (const point of pointsOf(axes)) {
      const overrides = [...fixed, ...point.overrides];
      const raw = withOverrides(await writtenConfig(path, options, overrides), overrides);
      const planned = { ...options, out: join(directory, point.name), printConfig: options.dryRun };
      points.push({ ...point, ...(await plannedRun(raw, path, planned)) });
    }
    checkComparable(options.metric, lossesOf(points.map(({ config }) => config)));
    await checkFolder(directory);
    const ended = options.overwrite ? {} : endedIn(directory);
    introduce(points, ended, directory, outputOf(options));
    if (options.dryRun) return;
    const workers = Math.max(...points.map(({ config }) => config.workers));
    const backend = await useBackend(options, blasThreads({ workers }));
    for (const point of points) await checkPoint(point, options, backend);
    await writeSweep(directory, ended);
    finish(await trainAll(points, ended, axes, directory, options, backend));
  });
}

/** What has ended and is still there: a folder may be deleted, to train its run anew. */
const endedIn = (directory: string): EndedRuns =>
  Object.fromEntries(Object.entries(readSweep(directory)).filter(([name]) => isRun(join(directory, name))));

/** Makes sure that nothing else is written over. Whoever deletes a damaged sweep file leaves its runs. */
async function checkFolder(directory: string): Promise<void> {
  const entries = await entriesOf(directory);
  const isOfSweep = (entry: string) => [PLOT, REPORT].includes(entry) || isRun(join(directory, entry));
  if (entries.includes(SWEEP) || entries.every(isOfSweep)) return;
  throw new UsageError(
    `'${directory}' holds something else than a sweep (it has no ${SWEEP}). Name another folder with --out.`,
  );
}

/** Before anything is trained: does what is there belong to this sweep? */
async function checkPoint(
  { directory, config }: PlannedPoint,
  options: Options,
  backend: BackendOptions,
): Promise<void> {
  if (options.overwrite || !isRun(directory)) return void (await claim(directory, options));
  const before = readRun(directory);
  const now = JSON.parse(JSON.stringify(config)) as RunConfig;
  const differs = Object.keys({ ...before.config, ...now }).find(
    (name) => !isDeepStrictEqual(comparable(before.config, name), comparable(now, name)),
  );
  if (differs !== undefined) throw holdsAnother(directory, differs);
  const [began, goesOn] = [await describeBackend(before.backend), await describeBackend(backend)];
  if (began !== goesOn)
    throw holdsAnother(directory, 'backend', ` (it began on ${began}; this is ${goesOn})`);
  await checkData(before);
}

const holdsAnother = (directory: string, what: string, more = '') =>
  new UsageError(
    `'${directory}' holds a run with another ${what} than this sweep's${more}, expected the same. Name another folder with --out, or begin anew with --overwrite.`,
  );

/** A part of a config, without where its run lies. */
function comparable(config: object, name: string): unknown {
  const part = (config as Record<string, unknown>)[name];
  return name === 'checkpoint' ? { ...(part as object), directory: undefined } : part;
}

function introduce(
  points: readonly PlannedPoint[],
  ended: EndedRuns,
  directory: string,
  output: Output,
): void {
  const left = points.filter(({ name }) => !ended[name]);
  for (const { name, values } of points) {
    output.emit({ event: 'planned', run: name, values, ended: ended[name]?.ended ?? null });
    output.say(`  ${ended[name] ? pc.green('✓') : ' '} ${name}`);
  }
  output.say(`${pc.bold(directory)}: ${points.length} runs, ${left.length} to train`);
}

/** Trains what has not ended; what diverges is a result, too. Returns the exit code. */
async function trainAll(
  points: readonly PlannedPoint[],
  before: EndedRuns,
  axes: readonly Axis[],
  directory: string,
  options: Options,
  backend: BackendOptions,
): Promise<number> {
  const output = outputOf(options);
  const losses = lossesOf(points.map(({ config }) => config));
  let runs = before;
  // All at once, so that what is interrupted goes on without --overwrite, and finds nothing of before.
  const clear = async () => {
    const [first, ...others] = points;
    for (const { directory } of others) await (await (await claim(directory, options))()).release();
    return (await claim(first.directory, options))();
  };
  for (const [i, { name, values, ...planned }] of points.entries()) {
    if (runs[name]) continue;
    output.say(`\n${pc.bold(`run ${i + 1} of ${points.length}`)}`);
    const makeRoom =
      options.overwrite && i === 0
        ? clear
        : isRun(planned.directory)
          ? undefined
          : await claim(planned.directory, options);
    try {
      const { exitCode, step, metrics } = await trainInto(planned, output, {
        makeRoom,
        stored: makeRoom ? undefined : readRun(planned.directory),
        backend,
        verify: options.verify,
      });
      if (exitCode !== 0) {
        output.say(`the same command${options.overwrite ? ', without --overwrite,' : ''} goes on from here`);
        return exitCode;
      }
      runs = { ...runs, [name]: { values, ended: 'done', step, metrics } };
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      const { message, step } = error;
      runs = { ...runs, [name]: { values, ended: 'diverged', step, metrics: {}, message } };
      output.emit({ event: 'diverged', run: name, step, message });
      output.say(`${pc.yellow('diverged:')} ${message}`);
    }
    await writeSweep(directory, runs);
    metricOf(options.metric, runs, losses); // a slip in its name shows after the first run
  }
  await conclude(points, runs, axes, directory, options);
  return 0;
}

/** Table, plot, page; and what to do with the best. */
async function conclude(
  points: readonly PlannedPoint[],
  runs: EndedRuns,
  axes: readonly Axis[],
  directory: string,
  options: Options,
): Promise<void> {
  const output = outputOf(options);
  const losses = lossesOf(points.map(({ config }) => config));
  const metric = metricOf(options.metric, runs, losses);
  const settings = settingsOf(points, runs, metric);
  const done = settings.flatMap(({ names }) => names.filter((name) => runs[name].ended === 'done'));
  const plot = plotSweep(axes, points, runs, metric);
  if (plot) await writeFile(join(directory, PLOT), plot);
  const report = join(directory, REPORT);
  if (done.length > 0) {
    await writeReport({
      path: report,
      runs: done.map((name) => join(directory, name)),
      title: directory,
      ranking: {
        metric,
        settings: settings.map((setting) => ({
          words: inSettings(setting),
          scores: setting.scores,
          diverged: setting.diverged,
        })),
      },
    });
  }
  output.say(`\n${summaryTable(axes, settings, metric)}\n`);
  if (losses.length > 1 && options.metric === undefined) {
    output.say(
      `compared by ${inWords(metric)}: the losses differ (${losses.join(', ')}), and their numbers do not compare\n`,
    );
  }
  const [best] = settings;
  output.emit({ event: 'end', directory, metric, losses, settings });
  if (best.scores.length === 0) return output.say('all runs diverged: try smaller learning rates');
  const [folder] = best.names;
  output.say(
    `best: ${measured(metric, mean(best.scores))} with ${asFlags(best) || folder}\n` +
      `${join(directory, PLOT)} and ${report} show it; let the best learn on: evenkeel resume ${join(directory, folder)} --steps …`,
  );
}

const EXAMPLES = `
Every other field of a config is a flag, as in evenkeel train. A list is one value in brackets: --over model.hidden=[200,200],[400]

Examples:
  $ evenkeel sweep --preset grokking --over optimizer.learningRate=0.003,0.01,0.03
  $ evenkeel sweep --preset grokking --over loss=softmax,stablemax --over orthograd=true,false --over seed=1,2,3
  $ evenkeel sweep config.yaml --over optimizer=adamw,muon --metric validationAccuracy --dry-run`;
