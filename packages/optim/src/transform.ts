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
  /** The step size this stage applies to `param`, if it applies one. {@link Constraint}s may need it. */
  learningRate?(param: Variable, count: number): number | undefined;
  /** How far this stage's update can move `param`, where it can promise that. {@link Constraint}s may need it. */
  growth?(param: Variable, count: number): Growth | undefined;
}

/**
 * A promise about one step of a matrix, whatever the gradient: N(w + u) ≤ keep · N(w) + update.
 *
 * N is the RMS→RMS norm, √(fanIn / fanOut) · σ₁.
 */
export interface Growth {
  /** What weight decay leaves of the weight, ≥ 0: 1 without. */
  readonly keep: number;
  /** The largest norm that the step can add, ≥ 0. */
  readonly update: number;
  /** Attention heads, each a matrix of fanOut / heads outputs, for which the promise holds one by one. Default 1. */
  readonly heads?: number;
}

/** Where training stands when a {@link Constraint} runs. */
export interface ConstraintStep extends Step {
  /** The step size the parameter was just updated with, when the transform has one. */
  readonly learningRate?: number;
  /** How far that update can have moved it, when the transform promises a limit. */
  readonly growth?: Growth;
}

/** Returns the nearest allowed value to `value`. Runs after each step, once per updated parameter. */
export type Constraint = (value: Tensor, param: Variable, step: ConstraintStep) => Tensor;

/** Picks the parameters a transform applies to, by name, shape or rank. */
export type Select = (param: Variable) => boolean;
