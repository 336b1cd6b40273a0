import { engine, type NamedTensorMap, type Tensor, util, type Variable } from '@tensorflow/tfjs-core';
import type { NamedTensor } from './state.js';
import type { ByName } from './transform.js';

/** Gradients as tfjs passes them: a map or a list, with holes for parameters that have none. */
export type Gradients = NamedTensorMap | NamedTensor[];

/** The gradients that are there, by name, each with the variable it belongs to. */
export function matchGradients(
  where: string,
  gradients: Gradients,
): { grads: ByName; params: ByName<Variable> } {
  const named = Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
  const grads: Record<string, Tensor> = {};
  const params: Record<string, Variable> = {};
  for (const { name, tensor } of named) {
    if (tensor == null) continue;
    const param = engine().registeredVariables[name];
    if (!param) {
      throw new Error(
        `${where}: a gradient came for '${name}', expected the name of a live variable. ` +
          `Was the model disposed, or the gradient computed for another one?`,
      );
    }
    if (!util.arraysEqual(tensor.shape, param.shape)) {
      throw new Error(
        `${where}: the gradient of '${name}' has shape [${tensor.shape}], expected [${param.shape}]. ` +
          `Reduce it to the shape of its parameter first.`,
      );
    }
    grads[name] = tensor;
    params[name] = param;
  }
  return { grads, params };
}
