import type { GPT } from '@evenkeel/gpt-model';
import { lipschitzCertificate, type MatrixValues, spectralNormEstimate } from '@evenkeel/lipschitz';
import { accuracy, type Callback, type LiveRun } from '@evenkeel/loop';
import { isMatrix } from '@evenkeel/optim';
import { abs, dispose, keep, max, stack, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { collapseOf } from './loss-of.js';
import { Mlp } from './mlp.js';
import type { ConfiguredOptimizer } from './optimizer-of.js';

/** Tells GrokAdamW's signal the latest losses, and records its α and signal. */
export function grokkingMeasure({ losses, grokking }: ConfiguredOptimizer): Callback {
  return {
    name: 'grokking',
    onMetrics({ loss, validationLoss }) {
      losses.train = loss ?? losses.train;
      losses.validation = validationLoss ?? losses.validation;
    },
    measure: () => (grokking ? { alpha: grokking.alpha, signal: grokking.signal ?? undefined } : {}),
    state: () => ({ ...losses }),
    restore(state: { train: number | null; validation: number | null }) {
      Object.assign(losses, { train: state.train ?? null, validation: state.validation ?? null });
    },
  };
}

/**
 * Records accuracy, the share of examples for which the run's loss has collapsed, and the largest activation on the batch at
 * hand, every so many steps.
 */
export function activationMeasure(
  model: GPT | Mlp,
  collapse: ReturnType<typeof collapseOf>,
  every: number,
): Callback {
  return {
    name: 'activations',
    onlyWatches: true,
    measure(run, { batch }) {
      if (!isEvery(run, every)) return {};
      const { inputs, targets } = batch as { inputs: Tensor; targets: Tensor };
      const sizes: Tensor[] = []; // kept, since the model frees what it made in each block
      const observe = (_name: string, activation: Tensor) =>
        void sizes.push(keep(tidy(() => max(abs(activation)))));
      try {
        return tidy(() => {
          const logits = model.forward(inputs, { observe });
          return {
            accuracy: accuracy(targets, logits),
            ...collapse(targets, logits),
            ...(sizes.length > 0 ? { largestActivation: max(stack(sizes)) } : {}),
          };
        });
      } finally {
        dispose(sizes);
      }
    },
  };
}

/** Records the spectral norm of every matrix and, of an MLP or a Lipschitz transformer, the bound on the whole. */
export function certificateMeasure(model: GPT | Mlp, every: number): Callback {
  return {
    name: 'certificate',
    onlyWatches: true,
    async measure(run) {
      if (!isEvery(run, every)) return {};
      const log10Lipschitz = await log10LipschitzOf(model);
      const matrices = run.variables.filter((variable) => isMatrix(variable) && variable.rank === 2);
      const norms = matrices.map(
        (variable) => [`spectralNorm/${variable.name}`, spectralNormEstimate(variable)] as const,
      );
      return { log10Lipschitz, ...Object.fromEntries(norms) };
    },
  };
}

/** Nothing where no bound is known. Weights are read asynchronously: webgpu may not read otherwise. */
async function log10LipschitzOf(model: GPT | Mlp): Promise<number | undefined> {
  if (model instanceof Mlp) {
    const layers = await Promise.all(
      model.description.map(async ({ weight, activation }) => ({
        weight: await valuesOf(weight),
        activation,
      })),
    );
    return lipschitzCertificate({ architecture: 'mlp', layers }).log10Lipschitz;
  }
  if (model.config.architecture !== 'lipschitz') return undefined;
  const parameters = new Map<string, MatrixValues>();
  for (const [name, parameter] of model.parameters) parameters.set(name, await valuesOf(parameter));
  return lipschitzCertificate({ config: model.config, parameters }).log10Lipschitz;
}

const valuesOf = async (tensor: Tensor): Promise<MatrixValues> => ({
  shape: tensor.shape,
  data: await tensor.data(),
});

/** Measured is before a step: the first, and each that ends so many. */
const isEvery = ({ step }: LiveRun, every: number): boolean => step === 0 || (step + 1) % every === 0;
