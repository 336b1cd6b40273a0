import type { Optimizer, Variable } from '@tensorflow/tfjs-core';

/** What the optimizers of @evenkeel/optim offer beside tfjs's interface. */
interface Adjustable {
  learningRateScale: number;
  learningRateOf(param: Variable): number | undefined;
  groupOf?(param: Variable): string | undefined;
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

  /**
   * What the next step uses, as metrics: `learningRate`, the largest of all parameters. Where they belong to several groups,
   * such as those of `partition`, also `learningRate/GROUP` for each. Nothing if nobody knows.
   */
  of(params: readonly Variable[]): Record<string, number> {
    if (!this.target) return {};
    if (!isOurs(this.target)) return { learningRate: (this.target as { learningRate: number }).learningRate };
    const rates: Record<string, number> = {};
    const groups = new Set<string>();
    const note = (name: string, rate: number) => {
      rates[name] = Math.max(rates[name] ?? rate, rate);
    };
    for (const param of params) {
      const rate = this.target.learningRateOf(param);
      if (rate === undefined) continue;
      note('learningRate', rate);
      const group = this.target.groupOf?.(param);
      if (group === undefined) continue;
      groups.add(group);
      note(`learningRate/${group}`, rate);
    }
    return groups.size > 1 || rates.learningRate === undefined ? rates : { learningRate: rates.learningRate };
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
