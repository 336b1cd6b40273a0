import type { RunConfig } from '@evenkeel/trainer/config';

/**
 * The config of a run that goes on from a checkpoint.
 *
 * @param text In the place of a file that only Node can read.
 * @param step Where the checkpoint is.
 * @throws If the run has come to its end, or needs files that a page cannot read.
 */
export function configOf(config: RunConfig, step: number, steps: number, text?: string): RunConfig {
  if (steps <= step) {
    throw new Error(`The checkpoint is at step ${step} already. Ask for more than ${step} steps.`);
  }
  const { data } = config;
  if (!('file' in data) || data.file === undefined) return { ...config, steps };
  if (data.kind !== 'text' || !text) {
    throw new Error(
      `The run learns from the file '${data.file}', which a page cannot open. ` +
        'If it is a text, choose “Own text”, give it here, and load the checkpoint again.',
    );
  }
  const { file: _file, ...others } = data;
  return { ...config, data: { ...others, text }, steps };
}
