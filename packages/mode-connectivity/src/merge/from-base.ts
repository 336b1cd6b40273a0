import type { Tensor } from '@tensorflow/tfjs-core';
import type { Weights } from '../check-weights.js';
import { checkMerge } from './check-merge.js';
import { filled } from './filled.js';
import { type Mixing, mixed } from './mixed.js';
import { randomMask } from './random-mask.js';
import { tensorByTensor } from './tensor-by-tensor.js';
import { largest, masked, type Rescale, rescaled } from './thin-out.js';

/** Of each way to merge what several models learned from one base. */
export interface MergeOptions {
  /** How much each model counts. Default 1 each. */
  readonly weights?: readonly number[];
  /** λ, what the merged change is multiplied by. Default 1. */
  readonly scale?: number;
  /** Divides the merged change by the weights: a mean in place of a sum. */
  readonly normalize?: boolean;
}

export interface TiesOptions extends MergeOptions {
  /** The share of each tensor's changes that is kept, the largest; one for all models, or one each. Default 0.2. */
  readonly density?: number | readonly number[];
  /** Whose sign wins: `sum` that of the larger total, `count` that of more models. Default `sum`. */
  readonly elect?: 'sum' | 'count';
  /** Stretches what is kept. Default `none`. */
  readonly rescale?: Rescale;
}

export interface DareOptions extends MergeOptions {
  /** The share of each tensor's changes that is kept, at random; one for all models, or one each. Default 0.5. */
  readonly density?: number | readonly number[];
  /** Lets signs be elected as `ties` does, and drops the others. Default none. */
  readonly elect?: 'sum' | 'count';
  /** Stretches what is kept. Default `density`, by 1 / density, as the paper. */
  readonly rescale?: Rescale;
  /** Decides what is kept. Default 0. */
  readonly seed?: number;
  /** What is kept, in place of chance: for each model tensors of 0 and 1 under the names of the base. */
  readonly masks?: readonly Weights[];
}

/**
 * Adds up what several models learned from one base.
 *
 *     w = base + λ Σₖ wₖ (modelₖ − base)          divided by Σ wₖ if `normalize`; default a sum
 *
 * A negative weight makes a model forget. Integer and boolean tensors are those of the base.
 *
 * @returns Kept tensors under the names of the base, the caller's to dispose.
 * @throws If the models are not live tensors of the same shapes and dtypes, or an option is of another length or range.
 * @see Ilharco et al., "Editing Models with Task Arithmetic", 2023.
 */
export function taskArithmetic(
  base: Weights,
  models: readonly Weights[],
  options: MergeOptions = {},
): Promise<Record<string, Tensor>> {
  checkMerge('taskArithmetic', models, options);
  return fromBase('taskArithmetic', base, models, mixingOf(models, options, false), (change) => change);
}

/**
 * Merges what several models learned from one base, without their noise and their quarrels: of each change only the largest
 * entries are kept (trim), each entry's sign is decided by vote (elect), and the mean is taken over the models that agree.
 *
 *     dₖ = the ⌊density · n⌋ largest entries of modelₖ − base, tensor by tensor
 *     w  = base + λ mean of wₖ dₖ over the k whose sign is that of Σ wₖ dₖ
 *
 * @returns Kept tensors under the names of the base, the caller's to dispose.
 * @throws As {@link taskArithmetic}.
 * @see Yadav et al., "TIES-Merging: Resolving Interference When Merging Models", 2023.
 */
export function ties(
  base: Weights,
  models: readonly Weights[],
  options: TiesOptions = {},
): Promise<Record<string, Tensor>> {
  const { density = 0.2, elect = 'sum', rescale = 'none' } = options;
  checkMerge('ties', models, { ...options, density, elect, rescale });
  return fromBase('ties', base, models, { ...mixingOf(models, options, true), elect }, (change, k) =>
    rescaled(largest(densityOf(density, k))(change), change, densityOf(density, k), rescale),
  );
}

/**
 * Merges what several models learned from one base, after most of it was dropped at random and the rest stretched to make up
 * for it (drop and rescale).
 *
 *     dₖ = mask ∘ (modelₖ − base) / density          mask: 1 with probability density
 *     w  = base + λ Σₖ wₖ dₖ
 *
 * @returns Kept tensors under the names of the base, the caller's to dispose.
 * @throws As {@link taskArithmetic}.
 * @see Yu et al., "Language Models are Super Mario", 2023. mergekit stretches to the old L1 norm: `rescale: 'l1'`.
 */
export function dare(
  base: Weights,
  models: readonly Weights[],
  options: DareOptions = {},
): Promise<Record<string, Tensor>> {
  const { density = 0.5, elect, rescale = 'density', seed = 0, masks } = options;
  checkMerge('dare', models, { ...options, density, elect, rescale, seed });
  const mixing = { ...mixingOf(models, options, false), elect };
  return fromBase('dare', base, models, mixing, async (change, k, name) => {
    const share = densityOf(density, k);
    const mask = masks
      ? await maskOf(masks[k], name, change.length)
      : randomMask(change.length, share, seed, `${k}/${name}`);
    return rescaled(masked(mask)(change), change, share, rescale);
  });
}

function mixingOf(
  models: readonly Weights[],
  { weights = models.map(() => 1), scale = 1, normalize }: MergeOptions,
  byDefault: boolean,
): Mixing {
  return { weights, scale, normalize: normalize ?? byDefault };
}

const densityOf = (density: number | readonly number[], k: number): number =>
  typeof density === 'number' ? density : density[k];

/** Merges the changes of models, each thinned out first. */
function fromBase(
  where: string,
  base: Weights,
  models: readonly Weights[],
  mixing: Mixing,
  thinned: (change: Float64Array, model: number, name: string) => Float64Array | Promise<Float64Array>,
): Promise<Record<string, Tensor>> {
  return tensorByTensor(where, [base, ...models], async ([before, ...after], name) => {
    const changes = after.map((values) => filled(values.length, (i) => values[i] - before[i]));
    return mixed(before, await Promise.all(changes.map((change, k) => thinned(change, k, name))), mixing);
  });
}

async function maskOf(masks: Weights, name: string, length: number): Promise<ArrayLike<number>> {
  const mask = masks[name];
  if (mask?.size === length) return mask.data();
  throw new Error(
    `dare: the mask of '${name}' has ${mask ? `${mask.size} entries` : 'no tensor'}, expected ${length} of 0 and 1.`,
  );
}
