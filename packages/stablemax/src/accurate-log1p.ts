import { add, div, equal, log, mul, sub, type Tensor, where } from '@tensorflow/tfjs-core';

/**
 * log(1 + x) for x ≥ 0 with all the digits of a small x.
 *
 *     u = 1 + x, rounded          log(1 + x) = x · log u / (u − 1)          or x, if u = 1
 *
 * The rounding error of u is in numerator and denominator and cancels. `tf.log1p` on wasm and GPUs is a plain
 * log(1 + x), which is 0 for x = 10⁻⁸.
 *
 * @see Kahan; Goldberg, "What Every Computer Scientist Should Know About Floating-Point Arithmetic", 1991, theorem 4.
 */
export function accurateLog1p(x: Tensor): Tensor {
  const u = add(x, 1);
  const rounded = sub(u, 1);
  return where(equal(rounded, 0), x, div(mul(x, log(u)), rounded));
}
