import { checkpointStore, type NamedTensor, type RunState } from '@evenkeel/loop';
import { matchByName } from '@evenkeel/safetensors';
import { dispose, type Variable } from '@tensorflow/tfjs-core';
import { UsageError } from '../usage-error.js';

interface HasVariables {
  readonly variables: readonly Variable[];
}

/**
 * Gives a model the weights of another of its shape, whatever the two are called: `gpt/embed.weight` takes those of
 * `gpt_1/embed.weight`.
 *
 * @param from What they are of, for messages.
 * @throws If there is one too many, one too few, or one of another shape. Then nothing has changed.
 */
export function assignWeights(
  { variables }: HasVariables,
  weights: readonly NamedTensor[],
  from: string,
): void {
  const saved = weights.map(({ name, tensor }) => ({ name, shape: tensor.shape, tensor }));
  const pairs = matchByName('assignWeights', saved, variables, { from: `'${from}'` });
  for (const [{ tensor }, variable] of pairs) variable.assign(tensor);
}

/**
 * The same, from a checkpoint: `runs/first/checkpoints/step-00000500`.
 *
 * @param run The name of the run that the checkpoint must be of. Default: whichever it is.
 */
export async function loadCheckpoint(model: HasVariables, checkpoint: string, run?: string): Promise<void> {
  const [, directory = '.', name] = /^(?:(.*)[\\/])?([^\\/]*)[\\/]*$/.exec(checkpoint)!;
  const snapshot = await (await checkpointStore(directory)).load(name);
  if (!snapshot) {
    throw new Error(
      `run config: model.load is '${checkpoint}', where no checkpoint is; expected one such as ` +
        "'runs/first/checkpoints/step-00000500'. Name one that is there.",
    );
  }
  try {
    if (run !== undefined) checkSameRun(snapshot.state, run, directory);
    assignWeights(model, snapshot.weights, checkpoint);
  } finally {
    dispose([...snapshot.weights, ...snapshot.optimizer].map(({ tensor }) => tensor));
  }
}

/** @throws If a checkpoint is not of the run in whose folder it lies. */
export function checkSameRun(state: RunState, run: string, where: string): void {
  if (state.run === run) return;
  throw new UsageError(
    `the checkpoint of step ${state.step} in '${where}' is of another run than the run.json there, expected one of the same. ` +
      'Put the run.json back with which that checkpoint was saved.',
  );
}
