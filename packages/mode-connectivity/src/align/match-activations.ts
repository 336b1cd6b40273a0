import { dispose } from '@tensorflow/tfjs-core';
import type { Weights } from '../check-weights.js';
import { checkSymmetries } from './check-symmetries.js';
import { bestPermutation, type Similarity, similarityOf } from './similarity.js';
import type { Permutations, Symmetry } from './symmetry.js';

/** What the layers of both models give for the same inputs, by name. */
export type ActivationPair = readonly [a: Weights, b: Weights];

/**
 * Finds which units of two models do the same work, by what they give for the same inputs (activation matching).
 *
 *     maximise Σ ⟨Z_A, P Z_B⟩          over all inputs; Z are the activations of a symmetry's units
 *
 * Unlike `align` it needs data, and each symmetry is solved by itself, so that the result is the best there is. Give it to
 * `permute`.
 *
 * @param symmetries Those with `activations`.
 * @param pairs Both models' activations, batch by batch. Each pair is disposed of once it is read.
 * @throws If there is no pair, or a symmetry says of no activation where its units lie.
 * @see Li et al., "Convergent Learning", 2015; Ainsworth et al., "Git Re-Basin", 2023, section 3.1.
 */
export async function matchActivations(
  symmetries: readonly Symmetry[],
  pairs: Iterable<ActivationPair> | AsyncIterable<ActivationPair>,
): Promise<Permutations> {
  checkSymmetries('matchActivations', symmetries);
  for (const { name, activations } of symmetries) {
    if (activations?.length) continue;
    throw new Error(
      `matchActivations: '${name}' says of no activation where its units lie, expected { activations }. Take align, which goes by weights.`,
    );
  }
  const totals = new Map<string, Similarity>();
  for await (const pair of pairs) {
    try {
      for (const symmetry of symmetries) {
        const found = await similarityOf('matchActivations', pair[0], pair[1], seenIn(symmetry));
        const total = totals.get(symmetry.name);
        if (total) add(total, found);
        else totals.set(symmetry.name, found);
      }
    } finally {
      dispose([{ ...pair[0] }, { ...pair[1] }]);
    }
  }
  if (totals.size === 0 && symmetries.length > 0) {
    throw new Error('matchActivations: there is no pair of activations, expected at least one batch.');
  }
  return Object.fromEntries(
    symmetries.map((symmetry) => [
      symmetry.name,
      bestPermutation(totals.get(symmetry.name)!, symmetry).permutation,
    ]),
  );
}

/** A symmetry as the activations show it: where units lie inside of units, those are what gives something. */
const seenIn = ({ units, within, activations = [] }: Symmetry) =>
  within
    ? { units, slices: [], within: { units: within.units, slices: activations } }
    : { units, slices: activations };

function add(total: Similarity, found: Similarity): void {
  for (const part of ['units', 'within'] as const) {
    found[part]?.forEach((value, i) => {
      total[part]![i] += value;
    });
  }
}
