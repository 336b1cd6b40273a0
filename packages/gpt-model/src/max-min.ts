import { add, concat, relu, split, sub, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Sorts the pairs of entry i and entry i + n/2: the larger comes first.
 *
 *     y = [max(a, b), min(a, b)]   for x = [a, b]
 *
 * It only exchanges entries, so it keeps every length and, but on a set of measure zero, its Jacobian is a permutation:
 * between matrices of norm 1 a network with it loses nothing of a signal, where ReLU and GELU lose half.
 *
 * @param x Shape `[..., n]`, n even.
 * @returns The shape of `x`.
 * @see Anil, Lucas, Grosse, "Sorting out Lipschitz function approximation", 2019, section 4. https://arxiv.org/abs/1811.05381
 */
export function maxMin(x: Tensor): Tensor {
  const [a, b] = split(x, 2, -1);
  const exchanged = relu(sub(b, a));
  return concat([add(a, exchanged), sub(b, exchanged)], -1);
}
