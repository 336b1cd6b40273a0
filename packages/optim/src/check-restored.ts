import { engine } from '@tensorflow/tfjs-core';
import { flatten, paramOf, placeOf } from './state.js';
import type { State } from './transform.js';

/**
 * Compares what was restored with what the first step used. State that belongs to nothing, or a parameter that has lost
 * its state, is an error: without it training would go on, slightly wrong.
 *
 * A parameter that has no state in a whole checkpoint never had a gradient. It starts now, as in the run that was not
 * interrupted.
 *
 * @param isWhole Whether the checkpoint holds as many tensors as it says.
 * @throws If state and parameters do not belong together.
 */
export function checkRestored(
  owner: string,
  restored: State,
  next: State,
  { isWhole }: { isWhole: boolean },
): void {
  const before = new Set(flatten(restored).map(({ name }) => name));
  const after = new Set(flatten(next).map(({ name }) => name));
  for (const name of before) {
    if (after.has(name) && engine().registeredVariables[paramOf(name)]) continue;
    throw new Error(
      `${owner}: the restored state '${name}' matches no parameter and transform of this optimizer. ` +
        `Build the same model and the same chain as the one that was saved, then call setWeights() again.`,
    );
  }

  const [params, stages, both] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const name of before) {
    const { stage, param } = placeOf(name);
    params.add(param);
    stages.add(stage);
    both.add(JSON.stringify([stage, param]));
  }
  for (const name of after) {
    if (before.has(name)) continue;
    const { stage, param } = placeOf(name);
    // A stage that others have state of may start with a parameter later, as behind a mask that has grown.
    const isNew = !both.has(JSON.stringify([stage, param])) && (!params.has(param) || stages.has(stage));
    if (isWhole && isNew) continue;
    throw new Error(
      `${owner}: parameter '${param}' has no restored state ('${name}' is missing). ` +
        `Load the whole checkpoint of this model and chain, or start a new optimizer to train without its memory.`,
    );
  }
}
