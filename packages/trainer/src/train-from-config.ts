import type { TrainResult } from '@evenkeel/loop';
import { type BuildRunOptions, buildRun, type RunParts } from './build-run.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from './config/schema.js';
import { type TrainRunOptions, trainRun } from './train-run.js';

/** What a config is not about. */
export type TrainFromConfigOptions = BuildRunOptions & TrainRunOptions;

/** The result of a run, with the model, which is yours to dispose. */
export interface ConfiguredResult extends TrainResult {
  readonly config: RunConfig;
  readonly model: RunParts['model'];
  readonly tokenizer: RunParts['data']['tokenizer'];
}

/**
 * Builds a run from a config and trains it: `parseRunConfig`, `buildRun` and `trainRun` in one.
 *
 *     await trainFromConfig({ data: { kind: 'modularArithmetic' }, model: { architecture: 'mlp' }, orthograd: true });
 *
 * It gives the numbers of the code that one would write by hand, bit for bit. tfjs must have its gradients: import
 * `@tensorflow/tfjs` and choose a backend first.
 *
 * @throws If the config does not fit, and as `train`.
 */
export async function trainFromConfig(
  input: RunConfigInput,
  options: TrainFromConfigOptions = {},
): Promise<ConfiguredResult> {
  const config = parseRunConfig(input);
  const parts = await buildRun(config, options);
  const { model, data } = parts;
  try {
    const result = await trainRun(parts, options);
    return { ...result, config, model, tokenizer: data.tokenizer };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    await parts.close();
  }
}
