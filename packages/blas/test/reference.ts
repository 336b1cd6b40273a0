import type { Multiply, Product } from '@evenkeel/wasm-kernels';

/** Reads and writes the matrices of a product. */
export function matrices(memory: WebAssembly.Memory, { m, n, k, a, transposeA, b, transposeB, c }: Product) {
  const numbers = new Float32Array(memory.buffer);
  const [aAt, bAt, cAt] = [a / 4, b / 4, c / 4];
  return {
    numbers,
    a: (i: number, p: number) => numbers[aAt + (transposeA ? p * m + i : i * k + p)],
    b: (p: number, j: number) => numbers[bAt + (transposeB ? j * k + p : p * n + j)],
    c: (i: number, j: number) => cAt + i * n + j,
  };
}

/** Every product, as its definition says, without a BLAS. */
export const correct: Multiply = (memory, product) => {
  const { numbers, a, b, c } = matrices(memory, product);
  const { m, n, k, accumulate } = product;
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let p = 0; p < k; p++) {
      const x = a(i, p);
      for (let j = 0; j < n; j++) row[j] += x * b(p, j);
    }
    for (let j = 0; j < n; j++) numbers[c(i, j)] = row[j] + (accumulate ? numbers[c(i, j)] : 0);
  }
  return true;
};
