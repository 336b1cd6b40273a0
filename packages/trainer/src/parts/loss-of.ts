import {
  softmaxCollapse,
  sparseSoftmaxCrossEntropy,
  sparseStablemaxCrossEntropy,
  stablemaxCollapse,
} from '@evenkeel/stablemax';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config/schema.js';

/** Targets that count for nothing: prompts, padding, and places where there is no answer. */
export const IGNORED = -100;

/** Whether the data has targets that do not count. */
const hasIgnored = ({ data, model }: RunConfig): boolean =>
  data.kind === 'instructions' ||
  ((data.kind === 'modularArithmetic' || data.kind === 'sparseParity') && model.kind !== 'mlp');

/** The loss that a config describes: `sparseSoftmaxCrossEntropy` or `sparseStablemaxCrossEntropy`. */
export function lossOf(config: RunConfig): (targets: Tensor, logits: Tensor) => Tensor {
  const { loss } = config;
  const ignoring = hasIgnored(config) ? { ignoreIndex: IGNORED } : {};
  if (loss.name === 'softmax')
    return (targets, logits) => sparseSoftmaxCrossEntropy(targets, logits, ignoring);
  // Both are −log StableMax. The first may have the guards of the published trainer.
  const { name: _, ...guards } = loss;
  return (targets, logits) => sparseStablemaxCrossEntropy(targets, logits, { ...guards, ...ignoring });
}

/** The share of examples for which that loss has collapsed, under the name of what it makes probabilities with. */
export function collapseOf({ loss }: RunConfig): (targets: Tensor, logits: Tensor) => Record<string, Tensor> {
  const ignoring = { ignoreIndex: IGNORED };
  if (loss.name === 'softmax')
    return (targets, logits) => ({ softmaxCollapse: softmaxCollapse(targets, logits, ignoring) });
  const { name: _, ...guards } = loss;
  return (targets, logits) => ({
    stablemaxCollapse: stablemaxCollapse(targets, logits, { ...guards, ...ignoring }),
  });
}
