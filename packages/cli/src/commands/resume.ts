import { join } from 'node:path';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '@evenkeel/trainer/config';
import { Command, InvalidArgumentError } from 'commander';
import { addBackendFlags, type BackendOptions, useBackend } from '../backend.js';
import { outputOf } from '../output.js';
import { CHECKPOINTS, checkData, readRun } from '../run-directory.js';
import { trainInto } from '../training.js';

interface Options extends BackendOptions {
  readonly steps?: number;
  readonly json?: boolean;
}

const count = (text: string): number => {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number ≥ 1');
};

export function resumeCommand(finish: (code: number) => void): Command {
  const command = new Command('resume')
    .summary('goes on with a run that was interrupted')
    .description(
      'Goes on from the newest checkpoint as if nothing had happened: on the same backend the run ends with the very weights of one that was not interrupted.',
    )
    .argument('<run>', 'the folder of the run')
    .option('--steps <n>', 'train until this step; the schedule of the learning rate stays as it was', count)
    .option('--json', 'one JSON object per line instead of sentences');
  addBackendFlags(command);
  return command.addHelpText('after', EXAMPLES).action(async (directory: string, options: Options) => {
    const config = continued(directory, options.steps);
    await checkData(directory, config);
    await useBackend(options);
    finish(await trainInto(directory, config, outputOf(options), { resume: true }));
  });
}

/** The config of the run, wherever its folder is now, with another end if one is wanted. */
function continued(directory: string, steps: number | undefined): RunConfig {
  const { config } = readRun(directory);
  const { schedule } = parseRunConfig(config);
  const hasEnd = schedule.name === 'cosine' || schedule.name === 'linear';
  return parseRunConfig({
    ...config,
    ...(steps === undefined ? {} : { steps }),
    schedule: (hasEnd
      ? { ...schedule, totalSteps: schedule.totalSteps ?? config.steps }
      : schedule) as RunConfigInput['schedule'],
    checkpoint: { ...config.checkpoint, directory: join(directory, CHECKPOINTS) },
  });
}

const EXAMPLES = `
Examples:
  $ evenkeel resume runs/grokking
  $ evenkeel resume runs/grokking --steps 1000      further than planned`;
