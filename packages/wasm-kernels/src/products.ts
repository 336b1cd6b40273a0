/**
 * A product of two float32 matrices that lie in wasm memory, row by row: C = A B, or C += A B.
 *
 *     C [m, n]     A [m, k], or [k, m] if transposed     B [k, n], or [n, k] if transposed
 */
export interface Product {
  m: number;
  n: number;
  k: number;
  /** Where the matrices start, in bytes from the start of the memory. */
  a: number;
  b: number;
  c: number;
  transposeA: boolean;
  transposeB: boolean;
  /** Whether to add to what C holds. If not, C holds anything, also NaN. */
  accumulate: boolean;
  /** Whether C is symmetric and what lies above its diagonal may be left out: it is overwritten afterwards. */
  lower: boolean;
}

/**
 * Computes a product, or leaves it to the kernels.
 *
 * @param memory Where the matrices lie. Its `buffer` is another one after it has grown.
 * @returns Whether it was computed. If not, nothing may have been written.
 */
export type Multiply = (memory: WebAssembly.Memory, product: Product) => boolean;

let replacement: Multiply | null = null;

/**
 * Has the matrix products of the kernels computed by other code: those of tf.matMul, linear layers, gradients of
 * convolutions, attention and all others, on every wasm backend of the thread. The kernels keep the smallest
 * products (below 4096 multiplications). It does nothing while {@link installWasmKernels} is not in force.
 *
 * @returns A function that undoes it, unless somebody else has replaced the products since.
 */
export function replaceProducts(multiply: Multiply): () => void {
  replacement = multiply;
  return () => {
    if (replacement === multiply) replacement = null;
  };
}

/** What assembly/host.ts imports, for a module on this memory. */
export function productImport(memory: WebAssembly.Memory) {
  return (...[m, n, k, a, transposeA, b, transposeB, c, accumulate, lower]: number[]): boolean =>
    replacement?.(memory, {
      m,
      n,
      k,
      a: a >>> 0, // wasm's numbers are signed, offsets are not
      b: b >>> 0,
      c: c >>> 0,
      transposeA: transposeA !== 0,
      transposeB: transposeB !== 0,
      accumulate: accumulate !== 0,
      lower: lower !== 0,
    }) ?? false;
}
