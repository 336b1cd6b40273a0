import {
  add,
  engine,
  mul,
  Optimizer,
  type serialization,
  type Tensor,
  tidy,
  util,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { type Gradients, matchGradients } from './gradients.js';
import { Memory } from './memory.js';
import { splitIterations } from './saved-iterations.js';
import type { NamedTensor } from './state.js';
import { requireSteps } from './steps-made.js';
import type { Constraint, StepBound, Transform } from './transform.js';

/**
 * Runs a {@link Transform} as a `tf.Optimizer`, for `optimizer.minimize` and `model.compile`.
 *
 *     new TransformOptimizer(chain(masked(orthograd(), isMatrix), adamW({ learningRate: 1e-3 })))
 *
 * This is the only place that writes variables. Each step it adds the transform's updates to the
 * parameters, then applies the constraints, in order, to every new value. A step that fails, for
 * whatever reason, leaves parameters and memory as they were.
 *
 * Saving: `getWeights()` gives the step count and the memory by name, `setWeights()` takes them back
 * and training goes on bit for bit.
 */
export class TransformOptimizer extends Optimizer {
  /** A getter, so that bundlers can drop an unused class. */
  static get className(): string {
    return 'TransformOptimizer';
  }

  /**
   * What every update, and with it every learning rate, is multiplied by; ≥ 0. Change it between steps, as a trainer
   * does that goes back to a checkpoint. It is not saved. Default 1, which costs nothing.
   */
  learningRateScale = 1;

  private readonly memory: Memory;
  private lastParams?: readonly Variable[];
  private readonly constraints: readonly Constraint[];

  /**
   * @param transform Which update to take.
   * @param constraints Where the weights may live: one {@link Constraint} or several.
   */
  constructor(
    protected readonly transform: Transform,
    constraints: Constraint | readonly Constraint[] = [],
  ) {
    super();
    if (typeof transform?.update !== 'function') {
      throw new Error(
        `TransformOptimizer: the transform is ${String(transform)}, expected a Transform. ` +
          `Try new TransformOptimizer(adamW({ learningRate: 1e-3 })).`,
      );
    }
    this.memory = new Memory(transform, 'TransformOptimizer');
    this.constraints = typeof constraints === 'function' ? [constraints] : constraints;
  }

  /**
   * Takes one step.
   *
   * @throws If a gradient matches no live variable or has another shape than its parameter, if the transform makes no
   *     step or more than one for a parameter, or if restored state does not fit.
   */
  applyGradients(gradients: Gradients): void {
    const { grads, params } = matchGradients('applyGradients', gradients);
    requireSteps('TransformOptimizer', this.transform, params, 1);
    const step = { count: this.iterations, params };
    tidy(() => {
      const { updates, commit } = this.memory.update(grads, step);
      const values = Object.entries(updates).map(([name, update]) => {
        const param = params[name];
        const value = tidy(() => {
          const learningRate = this.learningRateOf(param);
          const scale = this.learningRateScale;
          const stepped = add(param, scale === 1 ? update : mul(update, scale));
          const stepBoundOf = (value: Tensor) =>
            value === stepped ? scaled(this.transform.stepBound?.(param, step.count), scale) : undefined;
          return this.constraints.reduce(
            (value: Tensor, constraint) => constraint(value, param, { ...step, learningRate, stepBoundOf }),
            stepped,
          );
        });
        util.assert(
          util.arraysEqual(value.shape, param.shape),
          () =>
            `TransformOptimizer: a constraint returned shape [${value.shape}] for parameter '${name}', ` +
            `expected [${param.shape}]. A constraint keeps the shape.`,
        );
        return [param, value] as const;
      });
      // Everything that can throw is behind us.
      for (const [param, value] of values) param.assign(value);
      commit();
    });
    this.lastParams = Object.values(params);
    this.incrementIterations();
  }

  /**
   * The step size of the next step, as stock tfjs optimizers have it: the largest of all parameters of the last step, or of
   * all trainable variables before the first one. Undefined if the transform has none.
   *
   * Setting it multiplies the step sizes of all parameters alike (`learningRateScale`): a schedule goes on, that much higher
   * or lower.
   *
   * @throws On setting a number that is no learning rate, or where the rate is 0 now and no factor changes that.
   */
  get learningRate(): number | undefined {
    const rate = this.unscaledRate();
    return rate === undefined ? undefined : rate * this.learningRateScale;
  }

  set learningRate(value: number) {
    checkNumber('TransformOptimizer', 'learningRate', value, { atLeast: 0, below: Infinity, typical: 1e-3 });
    const rate = this.unscaledRate();
    if (rate === undefined || (rate === 0 && value > 0)) {
      throw new Error(
        `TransformOptimizer: learningRate was set to ${value}, but that of the transform is ${rate ?? 'not known'} at ` +
          `step ${this.iterations}, expected one above 0. Pass a learning rate or a schedule to the transform.`,
      );
    }
    if (rate > 0) this.learningRateScale = value / rate;
  }

  private unscaledRate(): number | undefined {
    const params =
      this.lastParams ?? Object.values(engine().registeredVariables).filter(({ trainable }) => trainable);
    const rates = params
      .map((param) => this.transform.learningRate?.(param, this.iterations))
      .filter((rate) => rate !== undefined);
    return rates.length === 0 ? undefined : Math.max(...rates);
  }

  /** The step size that the next step applies to `param`; undefined if the transform has none. */
  learningRateOf(param: Variable): number | undefined {
    const rate = this.transform.learningRate?.(param, this.iterations);
    return rate === undefined ? undefined : rate * this.learningRateScale;
  }

  /** The group of parameters that `param` belongs to, as the transform says; undefined if it has no groups. */
  groupOf(param: Variable): string | undefined {
    return this.transform.groupOf?.(param);
  }

  /**
   * The step count and the memory, by name. As with tfjs's own optimizers the tensors stay the
   * optimizer's: write them out, or copy them, before the next step.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    return [await this.saveIterations(), ...this.memory.save()];
  }

  /** @throws If `weights` did not come from `getWeights()`. Then nothing has changed. */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const { iterations, rest } = await splitIterations(weights);
    this.memory.restore(rest);
    this.iterations_ = iterations;
  }

  override dispose(): void {
    this.memory.dispose();
    this.lastParams = undefined;
  }

  getConfig(): serialization.ConfigDict {
    throw new Error(
      'TransformOptimizer: a chain built in code was asked for its JSON config, expected a class made with ' +
        'optimizerClass(), such as AdamW. Save the memory with getWeights() and build the same chain to resume, ' +
        'or define the recipe once with optimizerClass().',
    );
  }
}

/** What a transform promises of an update, for `scale` times that update: w + s u = (1 − s) w + s (w + u). */
const scaled = (bound: StepBound | undefined, scale: number): StepBound | undefined =>
  bound && scale !== 1
    ? { ...bound, keep: Math.abs(1 - scale) + scale * bound.keep, update: scale * bound.update }
    : bound;
