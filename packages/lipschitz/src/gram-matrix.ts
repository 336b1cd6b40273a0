/**
 * The Gram matrix B Bᵀ of rows, in float64.
 *
 * Works on 4 × 4 blocks of the result, so that each value read is used four times. The result is exactly
 * symmetric: only the blocks on and below the diagonal are computed.
 *
 * @param rows B, row-major, `[count, length]`; count a multiple of 4 (pad with zero rows).
 * @returns `[count, count]`, row-major.
 */
export function gramMatrix(rows: Float64Array, count: number, length: number): Float64Array {
  const gram = new Float64Array(count * count);
  for (let i = 0; i < count; i += 4) {
    for (let j = 0; j <= i; j += 4) block(rows, length, i, j, gram, count);
  }
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) gram[i * count + j] = gram[j * count + i];
  }
  return gram;
}

function block(
  b: Float64Array,
  length: number,
  i: number,
  j: number,
  gram: Float64Array,
  count: number,
): void {
  const [i0, i1, i2, i3] = [i * length, (i + 1) * length, (i + 2) * length, (i + 3) * length];
  const [j0, j1, j2, j3] = [j * length, (j + 1) * length, (j + 2) * length, (j + 3) * length];
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let k = 0; k < length; k++) {
    const x0 = b[i0 + k];
    const x1 = b[i1 + k];
    const x2 = b[i2 + k];
    const x3 = b[i3 + k];
    const y0 = b[j0 + k];
    const y1 = b[j1 + k];
    const y2 = b[j2 + k];
    const y3 = b[j3 + k];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  gram.set([s00, s01, s02, s03], i * count + j);
  gram.set([s10, s11, s12, s13], (i + 1) * count + j);
  gram.set([s20, s21, s22, s23], (i + 2) * count + j);
  gram.set([s30, s31, s32, s33], (i + 3) * count + j);
}
