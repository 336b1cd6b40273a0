import { type Tensor, tidy, util, type Variable, zerosLike } from '@tensorflow/tfjs-core';
import type { State, Transform } from './transform.js';

/** Everything one parameter remembers, by slot name: `{ m, v }` for Adam. */
export type Slots<S extends string> = Readonly<Record<S, Tensor>>;

/**
 * Turns a rule for a single tensor into a transform over all parameters. The named memory slots
 * start at zero and have the shape of their parameter.
 *
 * @param name The transform's name, under which checkpoints hold its state.
 * @param slotNames The memory slots, fixed for good: checkpoints hold them by name.
 * @param rule `(update, slots, param, count) → [new update, new slots]`. Runs inside `tf.tidy`.
 * @throws When a step meets state whose shape is not its parameter's, as after loading the
 *     checkpoint of another model.
 */
export function perParam<S extends string>(
  name: string,
  slotNames: readonly S[],
  rule: (update: Tensor, slots: Slots<S>, param: Variable, count: number) => [Tensor, Slots<S>],
): Transform {
  const slotsOf = (param: Variable, held: State | undefined): Slots<S> => {
    const slots = slotNames.map((slot) => {
      const tensor = held?.[slot] as Tensor | undefined;
      if (tensor && !util.arraysEqual(tensor.shape, param.shape)) {
        throw new Error(
          `${name}: the state '${slot}' of parameter '${param.name}' has shape [${tensor.shape}], ` +
            `expected [${param.shape}]. Load the checkpoint that was saved with this model.`,
        );
      }
      return [slot, tensor ?? zerosLike<Tensor>(param)];
    });
    return Object.fromEntries(slots) as Slots<S>;
  };

  return {
    name,
    update(updates, state, { params, count }) {
      const nextUpdates: Record<string, Tensor> = {};
      const nextState: Record<string, Tensor | State> = { ...state }; // keeps absent parameters
      for (const [id, update] of Object.entries(updates)) {
        // One parameter's temporaries go before the next one's come: memory stays near one parameter.
        tidy(() => {
          const [next, slots] = rule(
            update,
            slotsOf(params[id], state[id] as State | undefined),
            params[id],
            count,
          );
          nextUpdates[id] = next;
          nextState[id] = slots;
          return [next, ...slotNames.map((slot) => slots[slot])];
        });
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
  return perParam(name, [], (update, slots, param, count) => [rule(update, param, count), slots]);
}
