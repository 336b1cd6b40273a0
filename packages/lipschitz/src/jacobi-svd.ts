/** Singular values with their vectors, largest first: matrix = Σₖ values[k] · left[k] right[k]ᵀ. */
export interface Svd {
  readonly values: number[];
  /** Unit vectors of length rows; where the value is 0, zeros. */
  readonly left: Float64Array[];
  /** Unit vectors of length columns; where the value is 0, zeros. */
  readonly right: Float64Array[];
}

/**
 * Singular value decomposition in float64, by one-sided Jacobi rotations: slow and exact to rounding.
 *
 * @param data Row-major, rows × columns.
 * @see Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992.
 */
export function jacobiSvd(data: ArrayLike<number>, rows: number, columns: number): Svd {
  // Rotates the vectors along the shorter side until they are orthogonal; their lengths are the singular values.
  const isWide = rows <= columns;
  const [count, length] = isWide ? [rows, columns] : [columns, rows];
  const at = (i: number, j: number) => (isWide ? data[i * columns + j] : data[j * columns + i]);
  const vectors = Array.from({ length: count }, (_, i) => Float64Array.from({ length }, (_, j) => at(i, j)));
  const turns = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: count }, (_, j) => +(i === j)),
  );

  let isDone = count < 2;
  for (let sweep = 0; !isDone && sweep < 60; sweep++) {
    isDone = true;
    for (let i = 0; i < count - 1; i++) {
      for (let j = i + 1; j < count; j++) {
        if (orthogonalizePair(vectors[i], vectors[j], turns[i], turns[j])) isDone = false;
      }
    }
  }

  const lengths = vectors.map((vector) => Math.sqrt(dot(vector, vector)));
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j] - lengths[i]);
  const unit = (i: number) => vectors[i].map((x) => (lengths[i] > 0 ? x / lengths[i] : 0));
  const along = order.map(unit);
  const across = order.map((i) => turns[i]);
  return {
    values: order.map((i) => lengths[i]),
    left: isWide ? across : along,
    right: isWide ? along : across,
  };
}

/** Rotates two vectors, and their turns, so that they become orthogonal. Returns whether they were not. */
function orthogonalizePair(
  a: Float64Array,
  b: Float64Array,
  turnA: Float64Array,
  turnB: Float64Array,
): boolean {
  const [alpha, beta, gamma] = [dot(a, a), dot(b, b), dot(a, b)];
  if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta) || gamma === 0) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  rotate(a, b, c, c * t);
  rotate(turnA, turnB, c, c * t);
  return true;
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
