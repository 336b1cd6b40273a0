import type { Optimizer, Variable } from '@tensorflow/tfjs-core';

/** What the optimizers of @evenkeel/optim offer beside tfjs's interface. */
interface Adjustable {
  learningRateScale: number;
  learningRateOf(param: Variable): number | undefined;
}

/**
 * Reads and scales the learning rate of any optimizer that has one: those of @evenkeel/optim, `tf.train.*`, and those
 * that wrap one as `optimizer`.
 */
export class LearningRate {
  private readonly base: number | undefined;
  private readonly target: object | undefined;
  /** What it is multiplied by. */
  scale = 1;

  constructor(optimizer: Optimizer | undefined) {
    this.target = ownerOf(optimizer);
    const { learningRate } = (this.target ?? {}) as { learningRate?: unknown };
    if (typeof learningRate === 'number') this.base = learningRate;
  }

  /** Whether it can be changed. */
  get isAdjustable(): boolean {
    return this.target !== undefined;
  }

  /** What the next step of a parameter uses, if anybody knows. */
  of(param: Variable | undefined): number | undefined {
    if (!this.target) return undefined;
    if (!isOurs(this.target)) return (this.target as { learningRate: number }).learningRate;
    return param && this.target.learningRateOf(param);
  }

  /** Multiplies the rate as it was at the beginning. */
  rescale(scale: number): void {
    this.scale = scale;
    if (!this.target) return;
    if (isOurs(this.target)) this.target.learningRateScale = scale;
    else if (scale !== 1) (this.target as { learningRate: number }).learningRate = this.base! * scale;
  }
}

const isOurs = (optimizer: object): optimizer is Adjustable => 'learningRateScale' in optimizer;

function ownerOf(optimizer: object | undefined): object | undefined {
  if (!optimizer) return undefined;
  if (isOurs(optimizer) || typeof (optimizer as { learningRate?: unknown }).learningRate === 'number') {
    return optimizer;
  }
  const { optimizer: inner } = optimizer as { optimizer?: object };
  return typeof inner === 'object' && inner !== null ? ownerOf(inner) : undefined;
}
