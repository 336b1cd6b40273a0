import type { NamedTensor, RunState } from '@evenkeel/loop';
import { dispose, type Tensor, util, type Variable } from '@tensorflow/tfjs-core';
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
  const byName = new Map(weights.map(({ name, tensor }) => [localName(name), tensor]));
  const pairs = variables.map((variable): readonly [Variable, Tensor] => {
    const name = localName(variable.name);
    const tensor = byName.get(name);
    byName.delete(name);
    if (tensor && util.arraysEqual(tensor.shape, variable.shape)) return [variable, tensor];
    throw new Error(
      `assignWeights: '${from}' has ${tensor ? `'${name}' of shape [${tensor.shape}]` : `no '${name}'`}, expected ` +
        `shape [${variable.shape}] as in the model. Describe the model that was saved.`,
    );
  });
  const [more] = byName.keys();
  if (more !== undefined) {
    throw new Error(
      `assignWeights: '${from}' has '${more}', expected only what the model has. Describe the model that was saved.`,
    );
  }
  for (const [variable, tensor] of pairs) variable.assign(tensor);
}

/**
 * The same, from a checkpoint: `runs/first/checkpoints/step-00000500`.
 *
 * @param run The name of the run that the checkpoint must be of. Default: whichever it is.
 */
export async function loadCheckpoint(model: HasVariables, checkpoint: string, run?: string): Promise<void> {
  const [, directory = '.', name] = /^(?:(.*)[\\/])?([^\\/]*)[\\/]*$/.exec(checkpoint)!;
  const { CheckpointDirectory } = await import('@evenkeel/loop/node');
  const snapshot = await new CheckpointDirectory({ directory }).load(name);
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

/** A parameter's name without its model's. */
export const localName = (name: string): string => name.slice(name.indexOf('/') + 1);
