/**
 * The largest singular value in float64, by one-sided Jacobi: rotates pairs of rows until all are orthogonal.
 *
 * Accurate to a few units of the last place whatever the condition number.
 *
 * @see Golub, Van Loan, "Matrix Computations", 4th edition, section 8.6.3.
 */
export function largestSingularValue(data: ArrayLike<number>, rows: number, columns: number): number {
  const wide = rows <= columns;
  const [count, length] = wide ? [rows, columns] : [columns, rows];
  const largest = Array.from(data).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  if (largest === 0) return 0;
  const unit = 2 ** Math.floor(Math.log2(largest));
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_, j) => data[wide ? i * columns + j : j * columns + i] / unit),
  );
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < count - 1; p++) {
      for (let q = p + 1; q < count; q++) {
        const [x, y] = [vectors[p], vectors[q]];
        const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)];
        if (Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy) || xy === 0) continue;
        rotated = true;
        const zeta = (yy - xx) / (2 * xy);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        for (let k = 0; k < length; k++) {
          const [a, b] = [x[k], y[k]];
          x[k] = c * (a - t * b);
          y[k] = c * (b + t * a);
        }
      }
    }
    if (!rotated) break;
  }
  return unit * Math.max(...vectors.map((vector) => Math.sqrt(dot(vector, vector))));
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
