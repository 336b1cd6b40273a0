import { checkOptions } from '@evenkeel/ops';
import { gramMatrix } from './gram-matrix.js';
import { matrixValues, type WeightLike } from './matrix-values.js';

export interface SpectralNormBoundOptions {
  /**
   * How many Gram products to take. Default: as many as prove the bound within 1 % of σ₁. Each one costs
   * about min(rows, columns)³ / 2 multiplications; with k of them the bound is at most rank^(1/2^(k+1)) σ₁.
   */
  iterations?: number;
  /** Bound the spectral norm of each of that many equal groups of rows, as for the heads of a query matrix. */
  heads?: number;
}

/** The loop ends once the bound is provably within this factor of σ₁. */
const CLOSE_ENOUGH = 1.009;
/** Also the worst case, all singular values equal, is within that then for any matrix that fits in memory. */
const MOST_ITERATIONS = 12;

/**
 * An upper bound on the spectral norm of a matrix, the largest factor by which it can stretch a vector.
 *
 *     G₀ = W,   Gᵢ₊₁ = (Gᵢ/fᵢ)ᵀ (Gᵢ/fᵢ)           fᵢ = 2^⌊log₂ ‖Gᵢ‖⌋, so that dividing is exact
 *     σ₁(W) ≤ ‖Gₖ‖_F^(1/2^k) · Π fᵢ^(1/2^i)        = (Σ σⱼ^(2^(k+1)))^(1/2^(k+1)), a Schatten norm
 *
 * Power iteration (`spectralNormEstimate`) comes from below and may stop short of σ₁, so it proves nothing.
 * This comes from above (Gram iteration). It runs on the host in float64 whatever the backend, since a proof
 * that leans on a GPU's rounding is none: some 200 ms for a weight of 384 × 1536, and it reads the tensor back.
 * Use it to certify and to report, not in every training step.
 *
 * **Rounding.** The result is inflated by 1 + 2u (r (r + n) + 8), where u = 2⁻⁵³, r = min(rows, columns) and
 * n = max(rows, columns); 1.0000000002 for 384 × 1536. That suffices. An inner product of length n is computed
 * with an error of at most γₙ Σ|xᵢyᵢ| ≤ γₙ |x||y|, γₙ = nu/(1−nu) (Higham, section 3.1), so a Gram matrix of
 * B = Gᵢ/fᵢ is off by E with ‖E‖₂ ≤ ‖E‖_F ≤ γₙ ‖B‖_F² ≤ γₙ r σ₁(B)². With δ = r γₙ the computed matrix, which is
 * exactly symmetric, has σ₁(Gᵢ₊₁) ≥ (1−δ) σ₁(B)²; it need not be positive semidefinite for the next step, as
 * σ₁(BᵀB) = σ₁(B)² for any B. The roots shrink the k factors to at most (1−δ)^(−Σ 2^−i) < 1/(1−δ) in total. The
 * final norm sums r² squares, a factor below 1 + γ_{r²+2}, and the k square roots and the last product add less
 * than 8u. First-order terms: u (r n + r² + 10); the inflation is twice that, which covers the higher ones as
 * long as r n < 2⁴⁰. Products that underflow are below 2⁻¹⁰⁷⁴, against σ₁(B) ≥ r^(−½).
 *
 * @param weight Shape `[rows, columns]`, or `[batch, rows, columns]`. Its values, or a tensor.
 * @returns A JS number, 0 only for a zero matrix; one number per head, or per matrix of a batch, with `heads`
 *     or three axes. Rounding it to float32 may put it below σ₁ again.
 * @throws If a value is not finite, the rank is not 2 or 3, or the rows do not split into `heads`.
 * @see Delattre et al., "Efficient Bound of Lipschitz Constant for Convolutional Layers by Gram Iteration",
 *     2023, algorithm 1; there in working precision, without a margin. https://arxiv.org/abs/2305.16173
 * @see Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, 2002.
 */
export function spectralNormBound(
  weight: WeightLike,
  options: SpectralNormBoundOptions & { heads: number },
): number[];
export function spectralNormBound(
  weight: WeightLike & { shape: readonly [number, number] },
  options?: { iterations?: number; heads?: undefined },
): number;
export function spectralNormBound(weight: WeightLike, options?: SpectralNormBoundOptions): number | number[];
export function spectralNormBound(
  weight: WeightLike,
  options: SpectralNormBoundOptions = {},
): number | number[] {
  checkOptions('spectralNormBound', options, OPTIONS);
  const { iterations, heads } = options;
  const { shape, data } = matrixValues(weight, 'spectralNormBound');
  if (iterations !== undefined && !(Number.isInteger(iterations) && iterations > 0)) {
    throw new Error(
      `spectralNormBound: iterations is ${iterations}, expected a positive integer. Leave it out to let the bound decide.`,
    );
  }
  if (shape.length === 3 && heads === undefined) {
    return matricesOf(data, shape[0], shape[1], shape[2]).map((matrix) =>
      bound(matrix, shape[1], shape[2], iterations),
    );
  }
  if (shape.length !== 2) {
    throw new Error(
      `spectralNormBound: a weight of shape [${shape}]${heads === undefined ? '' : ` with ${heads} heads`}, ` +
        'expected [rows, columns], or [batch, rows, columns] without heads. Reshape it.',
    );
  }
  const [rows, columns] = shape;
  if (heads === undefined) return bound(data, rows, columns, iterations);
  if (!(Number.isInteger(heads) && heads > 0 && rows % heads === 0)) {
    throw new Error(
      `spectralNormBound: ${rows} rows and ${heads} heads, expected a number of heads that divides the rows. ` +
        'Pass the heads of the model that the weight belongs to.',
    );
  }
  return matricesOf(data, heads, rows / heads, columns).map((head) =>
    bound(head, rows / heads, columns, iterations),
  );
}

const OPTIONS: Record<keyof SpectralNormBoundOptions, true> = { iterations: true, heads: true };

function matricesOf(data: ArrayLike<number>, count: number, rows: number, columns: number): Float64Array[] {
  const all = Float64Array.from(data);
  return Array.from({ length: count }, (_, i) => all.subarray(i * rows * columns, (i + 1) * rows * columns));
}

function bound(data: ArrayLike<number>, rows: number, columns: number, iterations?: number): number {
  const shorter = Math.min(rows, columns);
  const longer = Math.max(rows, columns);
  const count = Math.ceil(shorter / 4) * 4;
  let gram = shortSideAsRows(data, rows, columns, count);
  let length = longer;

  // The invariant: σ₁ ≤ (‖gram‖_F · 2^exponent)^(1/2^k), up to the margin.
  let norm = largest(gram);
  if (norm === 0) return 0;
  let exponent = 0;
  let k = 0;
  for (let closeness = Infinity; k < (iterations ?? (closeness <= CLOSE_ENOUGH ? 0 : MOST_ITERATIONS)); k++) {
    const shift = Math.floor(Math.log2(norm));
    scale(gram, shift);
    const before = frobeniusNorm(gram);
    gram = gramMatrix(gram, count, length);
    length = count;
    norm = frobeniusNorm(gram);
    exponent = 2 * (exponent + shift);
    // With B the matrix just squared: ‖BᵀB‖_F / ‖B‖_F ≤ σ₁(B) ≤ ‖BᵀB‖_F^½.
    closeness = (before / Math.sqrt(norm)) ** (1 / 2 ** k);
  }

  const margin = 1 + Number.EPSILON * (shorter * (shorter + longer) + 8);
  return rootOfPowerOfTwo(norm, exponent, k) * margin;
}

/** Float64 rows of the matrix or of its transpose, whichever has fewer, padded with zero rows. */
function shortSideAsRows(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
  count: number,
): Float64Array {
  const length = Math.max(rows, columns);
  const out = new Float64Array(count * length);
  if (rows <= columns) {
    for (let i = 0; i < rows * columns; i++) out[i] = data[i];
  } else {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[j * length + i] = data[i * columns + j];
    }
  }
  return out;
}

function largest(values: Float64Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

/** Divides by 2^exponent in place: exact. */
function scale(values: Float64Array, exponent: number): void {
  const factor = 2 ** exponent;
  for (let i = 0; i < values.length; i++) values[i] /= factor;
}

function frobeniusNorm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** (x · 2^exponent)^(1/2^k), by k correctly rounded square roots. */
function rootOfPowerOfTwo(x: number, exponent: number, k: number): number {
  let [root, power] = [x, exponent];
  for (let i = 0; i < k; i++) {
    const odd = Math.abs(power % 2);
    root = Math.sqrt(odd ? root * 2 : root);
    power = (power - odd) / 2;
  }
  return root * 2 ** power;
}
