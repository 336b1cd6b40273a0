import { dataOf, parseRunConfig, type RunConfig } from '@evenkeel/trainer/config';
import type { Tensor } from '@tensorflow/tfjs';
import { type Override, type RawConfig, withOverrides } from './config/overrides.js';
import { UsageError } from './errors.js';
import type { OpenedModel } from './run-directory.js';

/** A batch that a model is judged by. */
export interface LabelledBatch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

/** Data to judge by, that can be read again and again. */
export interface Judges {
  readonly config: RunConfig;
  readonly train: () => AsyncIterable<LabelledBatch>;
  readonly validation?: () => AsyncIterable<LabelledBatch>;
  close(): Promise<void>;
}

/**
 * The data of a run, or those that flags name.
 *
 * @throws If neither names any.
 */
export async function judgesOf(opened: OpenedModel, overrides: readonly Override[]): Promise<Judges> {
  const raw = withOverrides((opened.config ?? {}) as RawConfig, overrides);
  if (raw.data === undefined)
    throw new UsageError(
      'there are no data to judge by, expected those of a run, --text FILE or --data FILE.',
    );
  const config = parseRunConfig(raw);
  const data = await dataOf(config, contextOf(opened));
  const pass = (source: unknown) => () => (source as { pass(): AsyncIterable<LabelledBatch> }).pass();
  if (typeof (data.train as { pass?: unknown }).pass !== 'function') {
    throw new UsageError(
      `data of kind '${config.data.kind}' cannot be read again and again, expected text, tokens or examples.`,
    );
  }
  return {
    config,
    train: pass(data.train),
    ...(data.validation ? { validation: pass(data.validation) } : {}),
    close: () => data.close(),
  };
}

function contextOf({ model }: OpenedModel): { contextLength?: number } {
  return 'config' in model ? { contextLength: model.config.contextLength } : {};
}
