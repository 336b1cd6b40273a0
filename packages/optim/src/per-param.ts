import { type Tensor, tidy, type Variable, zerosLike } from '@tensorflow/tfjs-core';
import { countOf, heldCount, heldTensor } from './held.js';
import type { State, Transform } from './transform.js';

/**
 * Everything one parameter remembers, by slot name: `{ m, v, step }` for Adam. `step` is a number: how many steps of the
 * transform this parameter has had.
 */
export type Slots<S extends string> = Readonly<{ [K in S]: K extends 'step' ? number : Tensor }>;

/**
 * Turns a rule for a single tensor into a transform over all parameters. The named memory slots
 * start at zero and have the shape of their parameter.
 *
 * A rule that corrects for how long it has run asks for the slot `step`. It is counted for each parameter by itself: one
 * whose first gradient comes late starts at 0, as in `torch.optim`. `count` is what learning-rate schedules go by.
 *
 * @param name The transform's name, under which checkpoints hold its state.
 * @param slotNames The memory slots, fixed for good: checkpoints hold them by name.
 * @param rule `(update, slots, param, count) → [new update, new slots]`, without `step`, which counts by itself. `count`
 *     is the number of steps the optimizer has taken. Runs inside `tf.tidy`.
 * @throws When a step meets state whose shape is not its parameter's, as after loading the
 *     checkpoint of another model.
 */
export function perParam<S extends string>(
  name: string,
  slotNames: readonly S[],
  rule: (
    update: Tensor,
    slots: Slots<S>,
    param: Variable,
    count: number,
  ) => [Tensor, Slots<Exclude<S, 'step'>>],
): Transform {
  const tensorSlots = slotNames.filter((slot) => slot !== 'step') as Exclude<S, 'step'>[];
  const counts = slotNames.length > tensorSlots.length;

  return {
    name,
    update(updates, state, { params, count }) {
      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, Tensor | State> = { ...state }; // keeps absent parameters
      for (const [id, update] of Object.entries(updates)) {
        const [param, held] = [params[id], state[id] as State | undefined];
        const step = counts ? heldCount(name, param, held, 'step') : 0;
        let remembered: State = {};
        // One parameter's temporaries go before the next one's come: memory stays near one parameter.
        tidy(() => {
          const tensors = tensorSlots.map((slot) => [
            slot,
            heldTensor(name, param, held, slot) ?? zerosLike<Tensor>(param),
          ]);
          const slots = Object.fromEntries([...tensors, ...(counts ? [['step', step]] : [])]) as Slots<S>;
          const [next, nextSlots] = rule(update, slots, param, count);
          nextUpdates[id] = next;
          remembered = nextSlots as State;
          return [next, ...tensorSlots.map((slot) => nextSlots[slot] as Tensor)];
        });
        nextState[id] = counts ? { ...remembered, step: countOf(step + 1) } : remembered;
      }
      return { updates: nextUpdates, state: nextState };
    },
  };
}

/** Like {@link perParam}, for rules that remember nothing. */
export function stateless(
  name: string,
  rule: (update: Tensor, param: Variable, count: number) => Tensor,
): Transform {
  return perParam(name, [], (update, _slots, param, count) => [rule(update, param, count), {}]);
}
