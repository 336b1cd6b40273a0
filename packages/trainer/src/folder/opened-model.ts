import type { Tokenizer } from '@evenkeel/data';
import { GPT, openModelFolder } from '@evenkeel/gpt-model';
import { dispose } from '@tensorflow/tfjs-core';
import { assignWeights, checkSameRun } from '../parts/assign-weights.js';
import { Mlp } from '../parts/mlp.js';
import { tokenizerBeside } from '../parts/tokenizer-named.js';
import { checkPlace } from './check-place.js';
import { checkpointsOf, noCheckpoint, readRun, runNamed, type StoredRun, tokenizerOf } from './run-folder.js';

/** A model with all that its files say beside its weights: how it generates (`model.generation`), and its tokenizer if it has one. */
export interface OpenedModel {
  readonly model: GPT | Mlp;
  readonly tokenizer?: Tokenizer;
  /** The step of the checkpoint, of a run. */
  readonly step?: number;
  /** The run, of a run. */
  readonly run?: StoredRun;
}

/**
 * Opens a model: a run's folder (its newest checkpoint, or `which`), one of its checkpoints, or a folder or hub id with
 * config.json and safetensors.
 *
 * @throws If there is none.
 */
async function openModel(source: string, which = 'latest'): Promise<OpenedModel> {
  const named = runNamed(source);
  if (!named) {
    checkPlace(source);
    const files = await openModelFolder(source);
    const tokenizer = await tokenizerBeside(files);
    return { model: await GPT.load(files), tokenizer };
  }
  const { directory, step = which } = named;
  const run = readRun(directory);
  const checkpoints = checkpointsOf(directory);
  const snapshot = await checkpoints.load(step);
  if (!snapshot) throw noCheckpoint(directory, step, await checkpoints.folders());
  let model: GPT | Mlp | undefined;
  try {
    checkSameRun(snapshot.state, run.run, directory);
    model =
      'gpt' in run.model
        ? new GPT(run.model.gpt, { published: run.model.published })
        : new Mlp(run.model.mlp);
    assignWeights(model, snapshot.weights, source);
  } catch (error) {
    model?.dispose();
    throw error;
  } finally {
    dispose([...snapshot.weights, ...snapshot.optimizer].map(({ tensor }) => tensor));
  }
  return {
    model,
    tokenizer: await tokenizerOf(run),
    step: snapshot.state.step,
    run,
  };
}

/** Opens a model for as long as some work takes. */
export async function withModel<T>(
  source: string,
  which: string,
  work: (opened: OpenedModel) => Promise<T>,
): Promise<T> {
  const opened = await openModel(source, which);
  try {
    return await work(opened);
  } finally {
    opened.model.dispose();
  }
}
