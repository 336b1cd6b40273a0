/**
 * Pairs rows with columns so that the sum of the chosen entries is the largest possible.
 *
 *     maximise Σᵢ scores[i, p[i]]          p a permutation
 *
 * Shortest augmenting paths, in float64: one row after the other is added, each along the path that costs the others least.
 * The time grows with n³ at worst.
 *
 * @param scores Row by row, n · n finite numbers.
 * @returns p: the column of each row.
 * @throws If there are not n · n scores, or one is no finite number.
 * @see Jonker, Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems", 1987.
 */
export function linearSumAssignment(scores: ArrayLike<number>, n: number): number[] {
  check(scores, n);
  // Prices u of rows and v of columns: −scores[i, j] − u[i] − v[j] is never negative, and 0 where i and j are paired.
  const [u, v] = [new Float64Array(n), new Float64Array(n + 1)];
  // Column n stands for "no column yet": the row that is being added waits there.
  const rowOf = new Int32Array(n + 1).fill(-1);
  const [before, slack, isDone] = [new Int32Array(n), new Float64Array(n), new Uint8Array(n)];
  for (let added = 0; added < n; added++) {
    rowOf[n] = added;
    slack.fill(Infinity);
    isDone.fill(0);
    let column = n;
    while (rowOf[column] !== -1) {
      if (column < n) isDone[column] = 1;
      const row = rowOf[column];
      let [least, next] = [Infinity, n];
      for (let j = 0; j < n; j++) {
        if (isDone[j]) continue;
        const cost = -scores[row * n + j] - u[row] - v[j];
        if (cost < slack[j]) {
          slack[j] = cost;
          before[j] = column;
        }
        if (slack[j] < least) [least, next] = [slack[j], j];
      }
      u[added] += least;
      for (let j = 0; j < n; j++) {
        if (isDone[j]) {
          u[rowOf[j]] += least;
          v[j] -= least;
        } else slack[j] -= least;
      }
      column = next;
    }
    while (column !== n) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }
  const columnOf = new Array<number>(n);
  for (let j = 0; j < n; j++) columnOf[rowOf[j]] = j;
  return columnOf;
}

function check(scores: ArrayLike<number>, n: number): void {
  if (!Number.isInteger(n) || n < 0 || scores?.length !== n * n) {
    throw new Error(
      `linearSumAssignment: got ${scores?.length} scores for n = ${n}, expected n · n of them, row by row.`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (Number.isFinite(scores[i])) continue;
    throw new Error(
      `linearSumAssignment: scores[${Math.floor(i / n)}, ${i % n}] is ${scores[i]}, expected a finite number.`,
    );
  }
}
