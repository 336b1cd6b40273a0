import type { Variable } from '@tensorflow/tfjs-core';
import type { ByName, Transform } from './transform.js';

/** How many steps downhill a transform makes of an update to `param`; undefined if it does not say. */
export function stepsMade(transform: Transform, param: Variable): number | undefined {
  if (transform.stepsMade) return transform.stepsMade(param);
  return transform.learningRate ? 1 : undefined; // what has a step size makes a step
}

/** A transform that changes gradients, and leaves the step to another. */
export const withoutStep = (transform: Transform): Transform => ({ ...transform, stepsMade: () => 0 });

/**
 * Makes sure that each parameter is given exactly one step. Without one its raw gradient would be added, which climbs;
 * with two the second goes against the first.
 *
 * @param expected 1 for a whole optimizer, 0 for what stands before one.
 * @throws If a transform is known to make another number of steps for a parameter, by the parameter's name.
 */
export function requireSteps(
  owner: string,
  transform: Transform,
  params: ByName<Variable>,
  expected: 0 | 1,
): void {
  for (const [name, param] of Object.entries(params)) {
    const made = stepsMade(transform, param);
    if (made === undefined || made === expected) continue;
    throw new Error(
      expected === 0
        ? `${owner}: '${transform.name}' makes a step of its own for parameter '${name}', expected a transform that changes ` +
            `gradients, since the wrapped optimizer makes the step. Use new TransformOptimizer(${transform.name}(…)) in place of both.`
        : made === 0
          ? `${owner}: '${transform.name}' makes no step for parameter '${name}', expected exactly one: its gradient would be ` +
            `added as it is. Close the chain with scaleByLearningRate(…) or a recipe such as adamW(), and give parameters that a ` +
            `mask leaves out a step of their own: partition({ a: muon(), b: adamW() }, (param) => (isMatrix(param) ? 'a' : 'b')). ` +
            `setToZero() leaves a parameter where it is.`
          : `${owner}: '${transform.name}' makes ${made} steps for parameter '${name}', expected exactly one. Recipes such as ` +
            `adamW() contain scaleByLearningRate(…): leave one of them out, or send each parameter to one by partition().`,
    );
  }
}
