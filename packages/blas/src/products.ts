import type { Multiply, Product } from '@evenkeel/wasm-kernels';
import { AS_IT_IS, type Blas, LOWER, ROW_MAJOR, TRANSPOSED } from './library.js';

/** Below so many multiplications the call costs more than a BLAS saves. */
const LEAST_WORK = 8192;
/** Up to so many rows the kernels are as fast: they copy nothing into panels. */
const FEW_ROWS = 4;
/** Rows of a symmetric product computed at a time, up to the diagonal. */
const PANEL = 96;

/** The product function of a BLAS, for `replaceProducts`. It leaves to the kernels what they do as fast. */
export function blasProducts(blas: Blas): Multiply {
  let buffer: ArrayBufferLike | null = null;
  let base = 0;
  return (memory, product) => {
    const run = routineFor(product);
    if (!run) return false;
    if (memory.buffer !== buffer) {
      buffer = memory.buffer; // another one after the memory has grown, or another backend's
      base = blas.addressOf(buffer);
    }
    run(blas, base, product);
    return true;
  };
}

/** Each passes its numbers one by one: a spread would make an array a call, of which attention makes thousands a step. */
type Routine = (blas: Blas, base: number, product: Product) => void;

function routineFor({ m, n, k, a, transposeA, b, transposeB, lower }: Product): Routine | null {
  if (m * n * k < LEAST_WORK) return null;
  if (m === 1) return row;
  if (n === 1) return column;
  if (m <= FEW_ROWS) return null;
  if (!lower) return matrix;
  return a === b && transposeA !== transposeB ? square : panels;
}

const operation = (transpose: boolean) => (transpose ? TRANSPOSED : AS_IT_IS);

/** C = A B or C += A B. */
const matrix: Routine = ({ gemm }, base, { m, n, k, a, transposeA, b, transposeB, c, accumulate }) => {
  const [lda, ldb] = [transposeA ? m : k, transposeB ? k : n];
  gemm(
    ROW_MAJOR,
    operation(transposeA),
    operation(transposeB),
    m,
    n,
    k,
    1,
    base + a,
    lda,
    base + b,
    ldb,
    Number(accumulate),
    base + c,
    n,
  );
};

/** One row of A: Cᵀ = Bᵀ Aᵀ, a matrix by a vector. */
const row: Routine = ({ gemv }, base, { n, k, a, b, transposeB, c, accumulate }) => {
  const [rows, columns] = transposeB ? [n, k] : [k, n];
  gemv(
    ROW_MAJOR,
    operation(!transposeB),
    rows,
    columns,
    1,
    base + b,
    columns,
    base + a,
    1,
    Number(accumulate),
    base + c,
    1,
  );
};

/** One column of B. */
const column: Routine = ({ gemv }, base, { m, k, a, transposeA, b, c, accumulate }) => {
  const [rows, columns] = transposeA ? [k, m] : [m, k];
  gemv(
    ROW_MAJOR,
    operation(transposeA),
    rows,
    columns,
    1,
    base + a,
    columns,
    base + b,
    1,
    Number(accumulate),
    base + c,
    1,
  );
};

/** A Aᵀ or Aᵀ A, up to the diagonal. */
const square: Routine = ({ syrk }, base, { n, k, a, transposeA, c, accumulate }) => {
  const lda = transposeA ? n : k;
  syrk(ROW_MAJOR, LOWER, operation(transposeA), n, k, 1, base + a, lda, Number(accumulate), base + c, n);
};

/** Another symmetric product, a panel of rows at a time, each up to the diagonal. */
const panels: Routine = ({ gemm }, base, { n, k, a, transposeA, b, transposeB, c, accumulate }) => {
  const [lda, ldb] = [transposeA ? n : k, transposeB ? k : n];
  for (let first = 0; first < n; first += PANEL) {
    const rows = Math.min(PANEL, n - first);
    const start = base + a + first * 4 * (transposeA ? 1 : lda);
    gemm(
      ROW_MAJOR,
      operation(transposeA),
      operation(transposeB),
      rows,
      first + rows,
      k,
      1,
      start,
      lda,
      base + b,
      ldb,
      Number(accumulate),
      base + c + first * n * 4,
      n,
    );
  }
};
