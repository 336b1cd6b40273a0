import { type KernelAttributes, kernelOr, overNothing } from '@evenkeel/ops';
import {
  cast,
  customGrad,
  div,
  equal,
  type GradSaveFunc,
  getBackend,
  getKernel,
  grad,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  mul,
  neg,
  notEqual,
  type Scalar,
  sum,
  type Tensor,
  tidy,
  util,
  where,
} from '@tensorflow/tfjs-core';
import { indicator } from './indicator.js';
import { checkLabels, countedLabels, labelsAreReadable, requireClasses } from './labels.js';
import { meanOver } from './mean-over.js';

/**
 * How losses of examples become one: their mean, their sum, or not at all. A mean says over how many examples it is, under
 * `Symbol.for('evenkeel.count')`; over none it is 0.
 */
export type Reduction = 'mean' | 'sum' | 'none';

export interface CrossEntropyOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

export interface SparseCrossEntropyOptions extends CrossEntropyOptions {
  /** Examples with this label count for nothing, also not in the mean. Default: none. */
  ignoreIndex?: number;
}

/** The names of {@link CrossEntropyOptions}. */
export const DENSE_OPTIONS: Record<keyof CrossEntropyOptions, true> = { reduction: true };

/** The names of {@link SparseCrossEntropyOptions}. */
export const SPARSE_OPTIONS: Record<keyof SparseCrossEntropyOptions, true> = {
  reduction: true,
  ignoreIndex: true,
};

/** −Σ y log p over the last axis, for target probabilities y. */
export function crossEntropy(
  caller: string,
  labels: Tensor,
  logits: Tensor,
  logProbabilities: (logits: Tensor) => Tensor,
  { reduction = 'mean' }: CrossEntropyOptions,
): Tensor {
  checkReduction(caller, reduction);
  util.assert(
    logits.rank >= 1 && util.arraysEqual(labels.shape, logits.shape),
    () =>
      `${caller}: labels have shape [${labels.shape}] and logits [${logits.shape}], expected equal shapes ` +
      `[..., classes]. For class numbers use the sparse loss.`,
  );
  requireClasses(caller, logits);
  const losses = () => expectedSurprise(labels, logProbabilities(logits));
  const rows = logits.shape.slice(0, -1);
  const count = () => util.sizeFromShape(rows);
  return logits.size === 0 ? ofNothing([logits], rows, reduction, count) : reduced(losses, reduction, count);
}

/** What a sparse loss is made of. */
export interface SparseLoss {
  logProbabilities(logits: Tensor): Tensor;
  /** The kernels that compute the losses and their gradient in one pass, where these options have some. */
  kernels?: { losses: string; gradient: string };
}

/** −log p of the label over the last axis, for class numbers. */
export function sparseCrossEntropy(
  caller: string,
  labels: Tensor,
  logits: Tensor,
  loss: SparseLoss,
  { reduction = 'mean', ignoreIndex }: SparseCrossEntropyOptions,
): Tensor {
  checkReduction(caller, reduction);
  checkLabels(caller, labels, logits, ignoreIndex);
  const losses = () => lossOfEach(labels, logits, loss, ignoreIndex);
  const count = () => countedLabels(labels, ignoreIndex);
  if (labels.size === 0) return ofNothing([logits], labels.shape, reduction, count);
  return reduced(losses, reduction, count);
}

/** A mean is that of the examples that count: those that do not have a loss of 0. */
export function reduced(losses: () => Tensor, reduction: Reduction, count: () => number | Scalar): Tensor {
  if (reduction === 'none') return tidy(losses);
  if (reduction === 'sum') return tidy(() => sum(losses()));
  return meanOver(
    tidy(() => div<Scalar>(sum(losses()), maximum(count(), 1))),
    count,
  );
}

/** What no rows lose, with a gradient of 0: on wasm tfjs 4.22 sums nothing to what the memory held. */
export function ofNothing(
  inputs: readonly Tensor[],
  shape: readonly number[],
  reduction: Reduction,
  count: () => number | Scalar,
): Tensor {
  if (reduction === 'none') return overNothing(inputs, shape);
  const zero = overNothing(inputs, []) as Scalar;
  return reduction === 'mean' ? meanOver(zero, count) : zero;
}

/** The loss of each example, 0 for those that are ignored: by a kernel without a one-hot tensor, if there is one. */
function lossOfEach(labels: Tensor, logits: Tensor, loss: SparseLoss, ignoreIndex?: number): Tensor {
  const definition = (labels: Tensor) => (x: Tensor) =>
    definedLoss(labels, loss.logProbabilities(x), ignoreIndex);
  const { kernels } = loss;
  if (!kernels || !getKernel(kernels.losses, getBackend())) return definition(labels)(logits);

  const attributes: KernelAttributes = ignoreIndex === undefined ? {} : { ignoreIndex };
  const fused = customGrad((...inputs) => {
    const [x, save] = inputs as [Tensor, GradSaveFunc];
    save([x, labels]);
    return {
      value: kernelOr(kernels.losses, { logits: x, labels }, attributes, () => definition(labels)(x)),
      gradFunc: (dy, [logits, labels]) =>
        tidy(() =>
          kernelOr(kernels.gradient, { dy, logits, labels }, attributes, () =>
            grad(definition(labels))(logits, dy),
          ),
        ),
    };
  });
  return fused(logits);
}

function definedLoss(labels: Tensor, logProbabilities: Tensor, ignoreIndex?: number): Tensor {
  const classes = logProbabilities.shape[logProbabilities.rank - 1];
  const counted = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
  // An ignored label may be any number: it must not select a class.
  const classOf = counted ? mul(labels, cast(counted, 'int32')) : labels;
  let losses = expectedSurprise(indicator(classOf, classes), logProbabilities);
  if (!labelsAreReadable()) {
    const valid = logicalAnd(greaterEqual(classOf, 0), less(classOf, classes));
    losses = where(valid, losses, Number.NaN);
  }
  return counted ? mul(losses, cast(counted, 'float32')) : losses;
}

/** −Σ y log p. Where y is 0 nothing counts, not even log p = −∞, the mark of a class that was masked out. */
function expectedSurprise(y: Tensor, logProbabilities: Tensor): Tensor {
  const terms = where(equal(y, 0), 0, mul(y, logProbabilities));
  return neg(sum(terms, -1));
}

export function checkReduction(caller: string, reduction: Reduction): void {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return;
  throw new Error(
    `${caller}: reduction is '${reduction}', expected 'mean', 'sum' or 'none'. The usual one is 'mean'.`,
  );
}
