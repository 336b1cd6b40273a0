import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorsIn } from './state.js';
import { stepsMade } from './steps-made.js';
import type { ByName, State, Transform } from './transform.js';

/**
 * Runs transforms left to right, feeding each one the updates of the one before.
 *
 * The usual order: clip → ⊥Grad → Adam or Muon → weight decay → learning rate.
 *
 * @throws If something that is not a transform is passed, such as the function that makes one.
 */
export function chain(...transforms: readonly Transform[]): Transform {
  transforms.forEach((transform, i) => {
    if (typeof transform?.update === 'function') return;
    throw new Error(
      `chain: argument ${i + 1} is ${describe(transform)}, expected a Transform. ` +
        `Call the function that makes it, as in chain(clipByGlobalNorm(1), scaleByAdam()).`,
    );
  });
  const keys = uniqueNames(transforms);

  return {
    name: 'chain',
    update(updates, state, step) {
      const given = Object.values(updates);
      const nextState: Record<string, State> = {};
      transforms.forEach((transform, i) => {
        const out = transform.update(updates, (state[keys[i]] ?? {}) as State, step);
        nextState[keys[i]] = out.state;
        release(updates, [...given, ...Object.values(out.updates), ...tensorsIn(nextState)]);
        updates = out.updates;
      });
      return { updates, state: nextState };
    },
    learningRate(param, count) {
      const rates = transforms
        .map((t) => t.learningRate?.(param, count))
        .filter((rate) => rate !== undefined);
      return rates.length > 0 ? rates.reduce((product, rate) => product * rate) : undefined;
    },
    groupOf(param) {
      const groups = transforms.map((t) => t.groupOf?.(param)).filter((group) => group !== undefined);
      return groups.length > 0 ? groups.join('/') : undefined;
    },
    stepsMade(param) {
      const made = transforms.map((transform) => stepsMade(transform, param));
      const known = made.filter((steps) => steps !== undefined).reduce((sum, steps) => sum + steps, 0);
      return known === 0 && made.includes(undefined) ? undefined : known;
    },
    // Only the last stage can promise anything: what follows may undo it.
    stepBound: (param, count) => transforms.at(-1)?.stepBound?.(param, count),
  };
}

/** Frees what the next stage has used up, which halves the memory a long chain takes. Kept tensors stay. */
function release(used: ByName, needed: readonly Tensor[]): void {
  const stillNeeded = new Set(needed);
  for (const tensor of Object.values(used)) {
    if (!stillNeeded.has(tensor) && !tensor.kept && !tensor.isDisposed) tensor.dispose();
  }
}

/** `['scale', 'clip', 'scale']` → `['scale', 'clip', 'scale#2']`. */
function uniqueNames(transforms: readonly Transform[]): string[] {
  const seen = new Map<string, number>();
  return transforms.map(({ name }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}#${times}`;
  });
}

const describe = (value: unknown): string =>
  typeof value === 'function' ? `the function '${value.name}'` : String(value);
