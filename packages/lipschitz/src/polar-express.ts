import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';
import type { Quintic } from './quintic.js';

export interface PolarExpressOptions {
  /** The smallest singular value, as a share of the largest, that is brought to 1; in (0, 1). Default 1e-3. */
  leastValue?: number;
  /** How many quintics, ≥ 1. Default 5. */
  steps?: number;
  /** Makes room for rounding: all quintics but the last are those of values this much larger, ≥ 0. Default 0.02. */
  safety?: number;
  /** No quintic is fitted to values below this share of the largest, in [0, 1). Default 0.02. */
  cushion?: number;
}

/**
 * Quintics that bring singular values from [leastValue, 1] to 1 faster than any others of their number. (Polar Express)
 *
 *     pₖ = the odd quintic with the smallest max |1 − p| on [lₖ, uₖ];     lₖ₊₁ = pₖ(lₖ),   uₖ₊₁ = 2 − lₖ₊₁,   u₀ = 1
 *
 * With the defaults they are nanochat's and modded-nanogpt's: five steps take [1e-3, 1] into [0.859, 1.141]. Ten steps
 * with `safety: 0.01` are the paper's list.
 *
 * @returns For `orthogonalize({ coefficients: { quintics, factor: 1.01, epsilon: 1e-7 } })` and `muon`.
 * @throws If an option is out of range.
 * @see Amsel et al., "The Polar Express", 2025, algorithm 1. https://arxiv.org/abs/2505.16932. Their code fails once it has
 *     converged (a root of a negative number); ours goes on with the limit, (15 σ − 10 σ³ + 3 σ⁵) / 8.
 */
export function polarExpress(options: PolarExpressOptions = {}): Quintic[] {
  checkOptions('polarExpress', options, OPTIONS);
  const { leastValue = 1e-3, steps = 5, safety = 0.02, cushion = 0.02 } = options;
  const where = 'polarExpress';
  checkNumber(where, 'leastValue', leastValue, { above: 0, below: 1, typical: 1e-3 });
  checkNumber(where, 'steps', steps, { atLeast: 1, integer: true, typical: 5 });
  checkNumber(where, 'safety', safety, { atLeast: 0, below: Infinity, typical: 0.02 });
  checkNumber(where, 'cushion', cushion, { atLeast: 0, below: 1, typical: 0.02 });
  let [low, high] = [leastValue, 1];
  return Array.from({ length: steps }, (_, i) => {
    const best = bestQuintic(Math.max(low, cushion * high), high);
    // Where the cushion has moved the fit, p(low) + p(high) = 2 puts 1 into the middle again.
    const centred = cushion * high > low ? times(best, 2 / (valueAt(best, low) + valueAt(best, high))) : best;
    const quintic = i < steps - 1 ? stretched(centred, 1 + safety) : centred;
    low = Math.min(valueAt(quintic, low), 1);
    high = 2 - low;
    return quintic;
  });
}

const OPTIONS: Record<keyof PolarExpressOptions, true> = {
  leastValue: true,
  steps: true,
  safety: true,
  cushion: true,
};

// Products in the place of powers: engines round x ** 3 in different ways, and late quintics hang on the last digit.
const cube = (x: number) => x * x * x;
const fifth = (x: number) => x * x * cube(x);
const valueAt = ([a, b, c]: Quintic, s: number) => s * (a + s * s * (b + s * s * c));
const times = ([a, b, c]: Quintic, factor: number): Quintic => [a * factor, b * factor, c * factor];
/** The quintic of σ / `by`. */
const stretched = ([a, b, c]: Quintic, by: number): Quintic => [a / by, b / cube(by), c / fifth(by)];

/** The odd quintic closest to 1 on [low, high]: its error has the same size at low, q, r and high, in turn of sign. */
function bestQuintic(low: number, high: number): Quintic {
  const limit: Quintic = [15 / 8 / high, -10 / 8 / cube(high), 3 / 8 / fifth(high)];
  if (low >= high * (1 - 5e-6)) return limit;
  let [q, r] = [(3 * low + high) / 4, (low + 3 * high) / 4];
  let [quintic, error] = [limit, Infinity];
  for (let i = 0; i < 100; i++) {
    const [a, b, c, next] = solve(
      [low, q, r, high].map((x, k) => [x, cube(x), fifth(x), k % 2 === 0 ? 1 : -1, 1]),
    );
    const root = Math.sqrt(9 * b * b - 20 * a * c);
    if (!Number.isFinite(root)) break;
    quintic = [a, b, c];
    [q, r] = [Math.sqrt((-3 * b - root) / (10 * c)), Math.sqrt((-3 * b + root) / (10 * c))];
    if (Math.abs(error - next) <= 1e-15 || !(q > 0) || !(r > 0)) break;
    error = next;
  }
  return quintic;
}

/** Solves linear equations, each a row of coefficients and its right side, by elimination with pivots. */
function solve(rows: number[][]): number[] {
  const count = rows.length;
  for (let k = 0; k < count; k++) {
    const pivot = rows.slice(k).reduce((best, row) => (Math.abs(row[k]) > Math.abs(best[k]) ? row : best));
    const at = rows.indexOf(pivot);
    [rows[k], rows[at]] = [rows[at], rows[k]];
    for (const row of rows.slice(k + 1)) {
      const share = row[k] / pivot[k];
      for (let j = k; j <= count; j++) row[j] -= share * pivot[j];
    }
  }
  const solution = new Array<number>(count).fill(0);
  for (let k = count - 1; k >= 0; k--) {
    const known = solution.reduce((sum, x, j) => (j > k ? sum + rows[k][j] * x : sum), 0);
    solution[k] = (rows[k][count] - known) / rows[k][k];
  }
  return solution;
}
