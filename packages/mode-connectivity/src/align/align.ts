import { clone, dispose, keep, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { namedAs, type Weights } from '../check-weights.js';
import { checkPermutations, checkSymmetries } from './check-symmetries.js';
import { bestPermutation, similarityOf } from './similarity.js';
import { after, identityOf, type Permutation, type Permutations, type Symmetry } from './symmetry.js';
import { reordered } from './units.js';

export interface AlignOptions {
  /**
   * The order in which symmetries are gone through, by name: one list per sweep, then again from the first. Where one symmetry
   * touches another, the result depends on it. Default as they are listed, in each sweep.
   */
  readonly order?: readonly (readonly string[])[];
  /** The most sweeps. Default 100. */
  readonly maxSweeps?: number;
  /** Called after each sweep. */
  readonly onProgress?: (sweep: Sweep) => void;
}

/** What one sweep over all symmetries did. */
export interface Sweep {
  /** Counted from 1. */
  readonly sweep: number;
  /** By how much Σ ⟨A, B⟩ grew. */
  readonly gain: number;
}

export interface Alignment {
  /** The second model in the order of the first, under the names of the first. The caller's to dispose. */
  readonly weights: Record<string, Tensor>;
  readonly permutations: Permutations;
  /** How many sweeps there were, the last one, which gained nothing, included. */
  readonly sweeps: number;
}

/** A sweep that gains no more than this ends the search. */
const NOTHING = 1e-12;

/**
 * Brings two models together that were trained apart: finds the order of the second one's units in which its weights are most
 * like those of the first (weight matching). The second model computes what it did.
 *
 *     maximise Σ ⟨A, P B⟩          over all weights that a symmetry touches; P permutes hidden units, heads, channels
 *
 * One symmetry after the other is solved exactly while the others stand still, until a sweep over all gains nothing. That is a
 * local optimum where symmetries touch each other, as those of neighbouring layers do.
 *
 * @param symmetries What may change places: `gptSymmetries(model.config)` of `@evenkeel/gpt-model`, `denseSymmetries(…)`, or
 *     your own.
 * @throws If the two are not live tensors of the same shapes and dtypes, or the symmetries are not theirs. Then nothing is
 *     left behind.
 * @see Ainsworth et al., "Git Re-Basin: Merging Models modulo Permutation Symmetries", 2023, section 3.2. Their order of
 *     layers is random; ours is the one given, so that a result can be repeated.
 */
export async function align(
  weightsA: Weights,
  weightsB: Weights,
  symmetries: readonly Symmetry[],
  options: AlignOptions = {},
): Promise<Alignment> {
  const { order, maxSweeps = 100, onProgress } = options;
  checkSymmetries('align', symmetries, order);
  const named = namedAs('align', weightsA, weightsB);
  const current = Object.fromEntries(Object.entries(named).map(([name, w]) => [name, keep(clone(w))]));
  const byName = new Map(symmetries.map((symmetry) => [symmetry.name, symmetry]));
  const found: Record<string, Permutation> = Object.fromEntries(
    symmetries.map((symmetry) => [symmetry.name, identityOf(symmetry)]),
  );
  try {
    for (let sweep = 1; ; sweep++) {
      let [total, isSettled] = [0, true];
      const names = order ? order[(sweep - 1) % order.length] : byName.keys();
      for (const name of names) {
        const symmetry = byName.get(name)!;
        const similarity = await similarityOf('align', weightsA, current, symmetry);
        const { permutation, gain } = bestPermutation(similarity, symmetry);
        if (!(gain > NOTHING)) continue;
        [total, isSettled] = [total + gain, false];
        found[name] = after(found[name], permutation);
        for (const [touched, tensor] of Object.entries(reordered(current, symmetry, permutation))) {
          current[touched].dispose();
          current[touched] = keep(tensor);
        }
      }
      onProgress?.({ sweep, gain: total });
      if (isSettled || sweep >= maxSweeps) return { weights: current, permutations: found, sweeps: sweep };
    }
  } catch (error) {
    dispose(current);
    throw error;
  }
}

/**
 * Puts the units of a model in another order: unit i becomes what unit `permutations[name].units[i]` was. The model computes
 * what it did.
 *
 * @param permutations For some of the symmetries or all.
 * @returns New tensors for all weights, the caller's to dispose.
 * @throws If the symmetries are not the model's, or a permutation is none of theirs.
 */
export function permute(
  weights: Weights,
  symmetries: readonly Symmetry[],
  permutations: Permutations,
): Record<string, Tensor> {
  checkSymmetries('permute', symmetries);
  checkPermutations('permute', symmetries, permutations);
  return tidy(() => {
    let moved: Record<string, Tensor> = Object.fromEntries(
      Object.entries(weights).map(([name, tensor]) => [name, clone(tensor)]),
    );
    for (const symmetry of symmetries) {
      const permutation = permutations[symmetry.name];
      if (permutation) moved = { ...moved, ...reordered(moved, symmetry, permutation) };
    }
    return moved;
  });
}
