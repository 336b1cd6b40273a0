import { type BackendOptions, type RunConfig, UsageError } from '@evenkeel/trainer/config';
import {
  checkData,
  checkpointNamed,
  newestStep,
  readRun,
  type StoredRun,
  stepOf,
} from '@evenkeel/trainer/node';
import { Command } from 'commander';
import { onUnknownFlag, wholeFrom } from '../arguments.js';
import { blasThreads, describeBackend, useBackend } from '../backend.js';
import { addLiveFlags, type LiveOptions, livePortOf } from '../live-flags.js';
import { outputOf, warn } from '../output.js';
import { trainInto } from '../training.js';

interface Options extends LiveOptions {
  readonly steps?: number;
  readonly from?: string;
  readonly backend?: string;
  readonly kernels: boolean;
  readonly blas?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
}

export function resumeCommand(finish: (code: number) => void): Command {
  const command = new Command('resume')
    .summary('goes on with a run that was interrupted')
    .description(
      'Goes on from the newest checkpoint as if nothing had happened: on the same backend the run ends with the very weights of one that was not interrupted.',
    )
    .argument('<run>', 'the folder of the run')
    .option(
      '--steps <n>',
      'train until this step; the schedule of the learning rate stays as it was',
      wholeFrom(1),
    )
    .option(
      '--from <checkpoint>',
      'not the newest checkpoint: best, or a step such as 500. Newer ones are set aside',
    )
    .option('--backend <name>', 'another backend than it began on: its sums are rounded otherwise')
    .option('--no-kernels', 'keep tfjs’s own wasm kernels: the same')
    .option('--blas', 'the machine’s BLAS for matrix products, though it began without: the same')
    .option('--no-blas', 'no BLAS, though it began with one: the same')
    .option(
      '--no-verify',
      'do not read the whole of a .bin first, to compare it with the hash in its sidecar',
    )
    .option('--json', 'one JSON object per line instead of sentences');
  addLiveFlags(command);
  onUnknownFlag(
    command,
    (flag) =>
      `${flag} is unknown: a run goes on with the config that it began with, but for --steps and --from. For another, begin anew: evenkeel train`,
  );
  return command.addHelpText('after', EXAMPLES).action(async (directory: string, options: Options) => {
    const stored = readRun(directory);
    const from = options.from === undefined ? undefined : await checkpointNamed(directory, options.from);
    await checkSteps(directory, options.steps, from);
    await checkData(stored);
    const backend = await sameBackend(stored, options);
    const config = continued(stored.config, options.steps);
    const { exitCode } = await trainInto({ directory, config }, outputOf(options), {
      ...{ stored, from, backend },
      verify: options.verify,
      livePort: livePortOf(options),
    });
    finish(exitCode);
  });
}

/** @throws If the run has taken as many steps already. */
async function checkSteps(directory: string, steps: number | undefined, from = 'latest'): Promise<void> {
  if (from === 'best') return; // it says its step when it is read
  const step = from === 'latest' ? await newestStep(directory) : stepOf(from);
  if (steps === undefined || step === undefined || steps > step) return;
  throw new UsageError(
    `--steps is ${steps} and '${directory}' is at step ${step} already, expected more than that: a run goes on until its steps are as many. Try: evenkeel resume ${directory} --steps ${2 * step}`,
  );
}

/** Computes on what the run began on, or on what flags say; a warning says so where that is not the same. */
async function sameBackend(
  { backend: before, config }: StoredRun,
  { backend = before.backend, kernels, blas = before.blas !== undefined, json }: Options,
): Promise<BackendOptions> {
  const flags = { backend, kernels: kernels && before.kernels, blas, json };
  const now = await useBackend(flags, before.blas?.threads ?? blasThreads(config));
  const [began, goesOn] = [await describeBackend(before), await describeBackend(now)];
  if (began !== goesOn) {
    warn(`the run began on ${began}; on ${goesOn} it goes on within rounding, not bit for bit.`);
  }
  return now;
}

/** The config of a run with another end, if one is wanted. Its schedule ends where it did. */
function continued(config: RunConfig, steps = config.steps): RunConfig {
  const { schedule } = config;
  const hasEnd = schedule.name === 'cosine' || schedule.name === 'linear';
  return {
    ...config,
    steps,
    schedule: hasEnd ? { ...schedule, totalSteps: schedule.totalSteps ?? config.steps } : schedule,
  };
}

const EXAMPLES = `
Examples:
  $ evenkeel resume runs/grokking
  $ evenkeel resume runs/grokking --from 500       from an earlier checkpoint
  $ evenkeel resume runs/grokking --steps 1000      further than planned`;
