import {
  cast,
  div,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  mean,
  mul,
  neg,
  notEqual,
  sum,
  type Tensor,
  tidy,
  util,
  where,
} from '@tensorflow/tfjs-core';
import { indicator } from './indicator.js';
import { checkLabels, labelsAreReadable } from './labels.js';

/** How losses of examples become one: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface CrossEntropyOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

export interface SparseCrossEntropyOptions extends CrossEntropyOptions {
  /** Examples with this label count for nothing, also not in the mean. Default: none. */
  ignoreIndex?: number;
}

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
  return tidy(() => {
    const losses = neg(sum(mul(labels, logProbabilities(logits)), -1)) as Tensor;
    return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
  });
}

/** −log p of the label over the last axis, for class numbers. */
export function sparseCrossEntropy(
  caller: string,
  labels: Tensor,
  logits: Tensor,
  logProbabilities: (logits: Tensor) => Tensor,
  { reduction = 'mean', ignoreIndex }: SparseCrossEntropyOptions,
): Tensor {
  checkReduction(caller, reduction);
  checkLabels(caller, labels, logits, ignoreIndex);
  const classes = logits.shape[logits.rank - 1];
  return tidy(() => {
    const counted = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
    // An ignored label may be any number: it must not select a class.
    const classOf = counted ? mul(labels, cast(counted, 'int32')) : labels;
    const targets = indicator(classOf, classes);
    let losses: Tensor = neg(sum(mul(targets, logProbabilities(logits)), -1));
    if (!labelsAreReadable()) {
      const valid = logicalAnd(greaterEqual(classOf, 0), less(classOf, classes));
      losses = where(valid, losses, Number.NaN);
    }
    if (!counted) return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);

    const weights = cast(counted, 'float32');
    const weighted: Tensor = mul(losses, weights);
    if (reduction === 'none') return weighted;
    return reduction === 'sum' ? sum(weighted) : div(sum(weighted), maximum(sum(weights), 1));
  });
}

function checkReduction(caller: string, reduction: Reduction): void {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return;
  throw new Error(
    `${caller}: reduction is '${reduction}', expected 'mean', 'sum' or 'none'. The usual one is 'mean'.`,
  );
}
