import type { RunConfig } from '@evenkeel/trainer/config';
import { AdvisedError, moreStepsThan } from '../shared/advice.js';

/**
 * The config of a run that goes on from a checkpoint.
 *
 * @param text In the place of a file that only Node can read.
 * @param step Where the checkpoint is.
 * @throws If the run has come to its end, or needs files that a page cannot read.
 */
export function configOf(config: RunConfig, step: number, steps: number, text?: string): RunConfig {
  if (steps <= step) {
    throw new AdvisedError(`The checkpoint is at step ${step} already. Ask for more than ${step} steps.`, [
      moreStepsThan(step),
    ]);
  }
  const { data } = config;
  if (!('file' in data) || data.file === undefined) return { ...config, steps };
  if (data.kind !== 'text' || !text) {
    throw new AdvisedError(
      `The run learns from the file '${data.file}', which a page cannot open. ` +
        'If it is a text, choose “Own text”, give it here, and press Continue again.',
      [{ words: 'Choose “Own text”', settings: { task: 'own-text' } }],
    );
  }
  const { file: _file, ...others } = data;
  return { ...config, data: { ...others, text }, steps };
}
