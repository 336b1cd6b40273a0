import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** Tensors keyed by parameter name. Gradients, updates and new values all travel in this shape. */
export type ByName<T = Tensor> = Readonly<Record<string, T>>;

/** What a transform remembers between steps: a tree of tensors that starts out empty. */
export interface State {
  readonly [key: string]: Tensor | State;
}

/** Where training stands when a transform runs. */
export interface Step {
  /** Optimizer steps already taken; 0 on the first call. */
  readonly count: number;
  /** Current parameters, under the same names as the updates. */
  readonly params: ByName<Variable>;
}

/**
 * One stage of an optimizer: takes the updates of the stage before it and returns better ones.
 *
 * `update` is pure. It never writes to a variable and never calls `dispose` or `keep`: the
 * optimizer runs it inside `tf.tidy` and owns everything it returns. The updates it returns carry
 * the same names, and the same shapes, as those it was given.
 */
export interface Transform {
  /** Names this stage's state in checkpoints, so renaming one breaks old checkpoints. */
  readonly name: string;
  update(updates: ByName, state: State, step: Step): { updates: ByName; state: State };
  /**
   * How many steps downhill this stage makes of an update to `param`: 1 if a learning rate is in it, 0 if it changes
   * gradients and leaves the step to another stage. An optimizer takes exactly one for each parameter. Left out, it is 1
   * for a transform with a `learningRate`, and unknown for others.
   */
  stepsMade?(param: Variable): number | undefined;
  /** The step size this stage applies to `param`, if it applies one. {@link Constraint}s may need it. */
  learningRate?(param: Variable, count: number): number | undefined;
  /** The group of parameters that `param` belongs to, where there are several: each has a learning rate of its own to show. */
  groupOf?(param: Variable): string | undefined;
  /** How far this stage's update can move `param`, where it can promise that. {@link Constraint}s may need it. */
  stepBound?(param: Variable, count: number): StepBound | undefined;
}

/**
 * A promise about one step of a matrix w, whatever the gradient. The step is w ← d + v, where
 *
 *     σ₁(d) ≤ keep · σ₁(w)  of the whole matrix and of any group of its rows or columns
 *     σ₁(v) ≤ update        of each of `heads` equal groups of outputs
 *
 * σ₁ is the largest singular value. Of a batch the promise holds for each matrix.
 */
export interface StepBound {
  /** How much of the weight the step can leave, ≥ 0: 1 without weight decay. */
  readonly keep: number;
  /** The largest singular value of what the step can add to a head, ≥ 0. */
  readonly update: number;
  /** How many attention heads share the outputs. Default 1: the matrix is one. */
  readonly heads?: number;
  /** Which axis the outputs are: the rows of `'outIn'`, or the columns of `'inOut'`. Default `'outIn'`. */
  readonly layout?: 'outIn' | 'inOut';
}

/** Where training stands when a {@link Constraint} runs. */
export interface ConstraintStep extends Step {
  /** The step size the parameter was just updated with, when the transform has one. */
  readonly learningRate?: number;
  /**
   * How far the step can have moved the weight, where the transform promises a limit.
   *
   * Ask with the value that the constraint was given. The promise is about the value that the step led to, so there is
   * none for a value that an earlier constraint has changed, or that anybody else has made.
   */
  readonly stepBoundOf?: (value: Tensor) => StepBound | undefined;
}

/** Returns the nearest allowed value to `value`. Runs after each step, once per updated parameter. */
export type Constraint = (value: Tensor, param: Variable, step: ConstraintStep) => Tensor;

/** Picks the parameters a transform applies to, by name, shape or rank. */
export type Select = (param: Variable) => boolean;
