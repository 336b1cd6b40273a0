import { resolve } from 'node:path';
import type { SourceRun } from '../build-run.js';
import { checkPlace } from './check-place.js';
import type { RunFile } from './run-file.js';
import { CHECKPOINTS, checkpointsOf, noCheckpoint, readRun, runNamed, tokenizerOf } from './run-folder.js';

/** What a config takes over from a run to learn on from it. */
export interface LearnedModel {
  readonly source: SourceRun;
  /** A run config's `model`: that of the run, with the checkpoint whose weights it begins with. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly expandHead: boolean;
  /** A run config's `data.tokenizer`, if the run has one. */
  readonly tokenizer: string | undefined;
}

/**
 * What the model of a run is, for a config that learns on from it. The checkpoint is named, so that the config means the
 * same weights when the run has gone on.
 *
 * @param path A run (its newest checkpoint), or a checkpoint of one. Nothing if it is neither.
 * @throws If there is no such checkpoint.
 */
export async function learnedModel(path: string): Promise<LearnedModel | undefined> {
  const named = runNamed(path);
  if (!named) {
    checkPlace(path);
    return undefined;
  }
  const { directory } = named;
  const stored = readRun(directory);
  const { model, config, tokenizer, run } = stored;
  const there = await checkpointsOf(directory).folders();
  const { step = there[0] } = named;
  if (!there.includes(step)) throw noCheckpoint(directory, step ?? 'latest', there);
  const name = tokenizer && ('characters' in tokenizer ? 'characters' : tokenizer.name);
  return {
    source: { directory, run, tokenizer: await tokenizerOf(stored) },
    model: { ...describedIn(model), load: resolve(directory, CHECKPOINTS, step) },
    expandHead: config.expandHead,
    tokenizer: 'tokenizer' in config.data ? config.data.tokenizer : name,
  };
}

/** The model of a run as a config describes it. Its outputs follow from the data, its head from the loss. */
function describedIn(model: RunFile['model']): object {
  if ('gpt' in model) {
    const { head: _, expandHead: __, ...choices } = model.gpt;
    return { kind: 'gpt', ...choices };
  }
  const { widths, activation, bias } = model.mlp;
  return { kind: 'mlp', hidden: widths.slice(1, -1), activation, bias };
}
