import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { stepsMade } from './steps-made.js';
import type { State, Transform } from './transform.js';

/**
 * Sends each parameter to exactly one of several transforms.
 *
 *     partition(
 *       { muon: muon(), adam: adamW() },
 *       (param) => (isMatrix(param) ? 'muon' : 'adam'),
 *     )
 *
 * @param transforms Transforms by label.
 * @param labelOf The label of a parameter.
 * @throws On the first step, if a parameter's label names no transform.
 */
export function partition<Label extends string>(
  transforms: Readonly<Record<Label, Transform>>,
  labelOf: (param: Variable) => Label,
): Transform {
  const labels = Object.keys(transforms) as Label[];
  const checkedLabel = (param: Variable): Label => {
    const label = labelOf(param);
    if (labels.includes(label)) return label;
    throw new Error(
      `partition: parameter '${param.name}' got the label '${label}', expected one of '${labels.join("', '")}'. ` +
        `Add a transform for it or return another label.`,
    );
  };

  return {
    name: 'partition',
    update(updates, state, step) {
      const parts = new Map<Label, Record<string, Tensor>>(labels.map((label) => [label, {}]));
      for (const [id, update] of Object.entries(updates)) {
        parts.get(checkedLabel(step.params[id]))![id] = update;
      }
      let nextUpdates = updates; // spread below keeps the order of the parameters
      const nextState: Record<string, State> = {};
      for (const [label, part] of parts) {
        const out = transforms[label].update(part, (state[label] ?? {}) as State, step);
        nextUpdates = { ...nextUpdates, ...out.updates };
        nextState[label] = out.state;
      }
      return { updates: nextUpdates, state: nextState };
    },
    stepsMade: (param) => stepsMade(transforms[checkedLabel(param)], param),
    learningRate: (param, count) => transforms[checkedLabel(param)].learningRate?.(param, count),
    groupOf(param) {
      const label = checkedLabel(param);
      const within = transforms[label].groupOf?.(param);
      return within === undefined ? label : `${label}/${within}`;
    },
    stepBound: (param, count) => transforms[checkedLabel(param)].stepBound?.(param, count),
  };
}
