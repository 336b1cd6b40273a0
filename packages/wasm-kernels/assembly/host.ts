/**
 * A product C = A B or C += A B that the host may compute in place of this module: src/products.ts, where the parameters
 * are described. Imported, so that it is asked from the one place in which every product of the module comes together.
 *
 * @returns Whether it did. If not, nothing was written.
 */
export declare function product(
  m: usize,
  n: usize,
  k: usize,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  c: usize,
  accumulate: bool,
  lower: bool,
): bool;
