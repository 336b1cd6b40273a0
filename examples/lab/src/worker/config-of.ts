import type { RunState } from '@evenkeel/trainer';
import type { RunConfigInput } from '@evenkeel/trainer/config';

/**
 * The config of a run that goes on from a checkpoint.
 *
 * @param text In the place of a file that only Node can read.
 * @throws If the checkpoint does not say how it was made, or needs files that a page cannot read.
 */
export function configOf({ config, step }: RunState, steps: number, text?: string): RunConfigInput {
  if (config === null || typeof config !== 'object') {
    throw new Error(
      'The checkpoint does not say how its run was set up. Only runs of a config can go on here.',
    );
  }
  if (steps <= step) {
    throw new Error(`The checkpoint is at step ${step} already. Ask for more than ${step} steps.`);
  }
  const { checkpoint: _, ...rest } = config as RunConfigInput;
  const data = rest.data as { kind?: string; file?: string } | undefined;
  if (data?.file === undefined) return { ...rest, steps };
  if (data.kind !== 'text' || !text) {
    throw new Error(
      `The run learns from the file '${data.file}', which a page cannot open. ` +
        'If it is a text, choose “Own text”, give it here, and load the checkpoint again.',
    );
  }
  const { file: _file, ...others } = data;
  return { ...rest, data: { ...others, text } as RunConfigInput['data'], steps };
}
