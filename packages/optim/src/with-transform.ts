import { type NamedTensorMap, Optimizer, type serialization, tidy } from '@tensorflow/tfjs-core';
import { type Gradients, matchGradients } from './gradients.js';
import { Memory } from './memory.js';
import type { NamedTensor } from './state.js';
import { requireSteps } from './steps-made.js';
import type { Transform } from './transform.js';

/** Marks the entries of a checkpoint that belong to the transform, not to the wrapped optimizer. */
const PREFIX = 'withTransform|';

/**
 * Puts a transform in front of any optimizer you already have.
 *
 *     const optimizer = withTransform(tf.train.adam(1e-3), orthograd());
 *
 * The transform runs on the gradients; the wrapped optimizer takes the step and stays the owner of
 * its settings and moments. Use transforms that return gradients (`orthograd`, `clipByGlobalNorm`),
 * not whole recipes such as `adamW`, which already contain a step.
 *
 * `getWeights`, `setWeights` and `dispose` cover both. (`tf.train.adam` resumes only up to rounding: it
 * recomputes its bias corrections. `new AdamW()` resumes bit for bit.) For tf.layers to save it with the model, make a class
 * with `withTransformClass`.
 *
 * @throws If `optimizer` is no `tf.Optimizer` or `transform` no {@link Transform}.
 */
export function withTransform<O extends Optimizer>(optimizer: O, transform: Transform): WithTransform<O> {
  if (typeof optimizer?.applyGradients !== 'function') {
    throw new Error(
      `withTransform: the first argument is ${String(optimizer)}, expected a tf.Optimizer. Try tf.train.adam(1e-3).`,
    );
  }
  if (typeof transform?.update !== 'function') {
    throw new Error(
      `withTransform: the second argument is ${String(transform)}, expected a Transform. Try clipByGlobalNorm(1).`,
    );
  }
  return new WithTransform(optimizer, transform);
}

/** What {@link withTransform} returns: a `tf.Optimizer` around another one. */
export class WithTransform<O extends Optimizer = Optimizer> extends Optimizer {
  static get className(): string {
    return 'WithTransform';
  }

  /** What the transform remembers. */
  protected readonly memory: Memory;

  constructor(
    /** The wrapped optimizer, for its settings: `wrapped.optimizer.learningRate`. */
    readonly optimizer: O,
    private readonly transform: Transform,
  ) {
    super();
    this.memory = new Memory(transform, 'withTransform');
  }

  applyGradients(gradients: Gradients): void {
    const { grads, params } = matchGradients('applyGradients', gradients);
    requireSteps('withTransform', this.transform, params, 0);
    tidy(() => {
      const { updates, commit } = this.memory.update(grads, { count: this.iterations, params });
      // In the order the gradients came in: tfjs's own optimizers keep their moments by position.
      const ordered = Object.keys(grads).map((name) => ({ name, tensor: updates[name] }));
      this.optimizer.applyGradients(Array.isArray(gradients) ? ordered : toMap(ordered));
      commit();
    });
    this.incrementIterations();
  }

  /** The weights of the wrapped optimizer, then the memory of the transform. */
  override async getWeights(): Promise<NamedTensor[]> {
    const own = this.memory.save().map(({ name, tensor }) => ({ name: PREFIX + name, tensor }));
    return [...(await this.optimizer.getWeights()), ...own];
  }

  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const isOwn = ({ name }: NamedTensor) => name.startsWith(PREFIX);
    await this.optimizer.setWeights(weights.filter((weight) => !isOwn(weight)));
    this.memory.restore(
      weights.filter(isOwn).map(({ name, tensor }) => ({ name: name.slice(PREFIX.length), tensor })),
    );
    this.iterations_ = this.optimizer.iterations;
  }

  override dispose(): void {
    this.memory.dispose();
    this.optimizer.dispose();
  }

  getConfig(): serialization.ConfigDict {
    throw new Error(
      'withTransform: a wrapped optimizer was asked for its JSON config, expected one that can be written down. ' +
        'Make a class with withTransformClass(), or save the model without the optimizer and its memory with getWeights().',
    );
  }
}

const toMap = (named: readonly NamedTensor[]): NamedTensorMap =>
  Object.fromEntries(named.map(({ name, tensor }) => [name, tensor]));
