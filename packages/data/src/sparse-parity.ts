import { checkFits, checkOptions, checkSeed, checkWhole, MAX_COUNT } from './check.js';
import type { Examples } from './examples.js';
import { randomSource, shuffledIndices } from './random.js';

export interface SparseParityOptions {
  /** Length of each bit string, n ≥ 1. Default 40. */
  bits?: number;
  /** How many of the bits the label depends on, k from 1 to `bits`. Default 3. */
  parityBits?: number;
  /** How many bit strings, ≥ 1. Default 2000. */
  examples?: number;
  /** Chooses the relevant bits and the strings, 0 … 2³² − 1. Default 0. */
  seed?: number;
}

/** Bit strings with the parity of some of their bits. */
export interface ParityExamples extends Examples {
  /** The k positions the label depends on, in ascending order, each 0 … n − 1. */
  readonly relevantBits: readonly number[];
}

/** Keeps this task's numbers apart from those of a train/test split with the same seed. */
const STREAM = 0x9e3779b9;

const ADVICE = 'Ask for fewer examples or fewer bits.';

/**
 * Random bit strings, labelled with the parity of a few hidden positions.
 *
 *     y = (x_{i₁} + … + x_{iₖ}) mod 2        x uniform in {0, 1}ⁿ
 *
 * No single bit, and no group of fewer than k, tells anything about the label, so a network makes no
 * visible progress until it has found all k. The seed fixes the positions: more examples with the
 * same seed pose the same task and begin with the same examples.
 *
 * Strings are drawn with replacement. With few bits some come up more than once, and a split can then
 * hold the same string on both sides; with 40 bits that does not happen in practice.
 *
 * @returns `examples` rows: `inputs` is `[size, bits]`, `values` and `classes` are 2.
 * @throws If an option is unknown or out of range.
 * @see Barak et al., "Hidden Progress in Deep Learning: SGD Learns Parities Near the Computational Limit",
 *     2022. https://arxiv.org/abs/2207.08799
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025. https://arxiv.org/abs/2501.04697
 */
export function sparseParity(options: SparseParityOptions = {}): ParityExamples {
  const where = 'sparseParity';
  checkOptions(where, options, ['bits', 'parityBits', 'examples', 'seed']);
  const { bits: width = 40, parityBits = 3, examples: size = 2000, seed = 0 } = options;
  checkWhole(where, 'bits', width, 1, MAX_COUNT, 'A usual value is 40.');
  checkWhole(where, 'parityBits', parityBits, 1, width, 'It counts some of the bits; a usual value is 3.');
  checkWhole(where, 'examples', size, 1, MAX_COUNT, 'A usual value is 2000.');
  checkFits(where, size, width, ADVICE);
  checkSeed(where, seed);

  const draw = randomSource(seed ^ STREAM);
  const relevantBits = Array.from(shuffledIndices(width, draw).slice(0, parityBits)).sort((i, j) => i - j);
  const inputs = new Int32Array(size * width).map(() => draw(2));
  const labels = new Int32Array(size).map(
    (_, row) => relevantBits.reduce((sum, bit) => sum + inputs[row * width + bit], 0) % 2,
  );
  return { inputs, labels, size, width, values: 2, classes: 2, relevantBits };
}
