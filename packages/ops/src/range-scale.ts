import { customGrad, greater, less, type Tensor, where, zerosLike } from '@tensorflow/tfjs-core';

const [LARGE, SMALL] = [2 ** 50, 2 ** -40];

/**
 * A power of two c for which float32 holds the squares of c · x, and their sum.
 *
 *     c = 2⁻⁸⁰ where |x| > 2⁵⁰          2⁹⁰ where |x| < 2⁻⁴⁰, if these matter          1 elsewhere
 *
 * It counts as a constant, with a gradient of 0. Powers of two change no digit, so that results between the limits are those of the plain formula, bit for bit.
 *
 * @param largest The largest |x| of each sum. NaN and infinities stay what they are.
 * @param smallMatters Whether squares that vanish are missed; they are not beside an ε.
 */
export function rangeScale(largest: Tensor, smallMatters = true): Tensor {
  const constant = customGrad((x) => {
    const scale = where(greater(x as Tensor, LARGE), 2 ** -80, 1);
    return {
      value: smallMatters ? where(less(x as Tensor, SMALL), 2 ** 90, scale) : scale,
      gradFunc: (dy) => zerosLike(dy),
    };
  });
  return constant(largest);
}
