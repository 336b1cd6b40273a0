import { concat, greater, maximum, minimum, split, type Tensor, util, where } from '@tensorflow/tfjs-core';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { withGradient } from './with-gradient.js';

/**
 * Sorts the pairs of entry i and entry i + n/2 of the last axis: the larger comes first. (GroupSort of 2)
 *
 *     y = [max(a, b), min(a, b)]   for x = [a, b]
 *
 * It only exchanges entries, so it keeps every length, and its Jacobian is a permutation: between matrices of norm 1 a
 * network with it loses nothing of a signal, of which ReLU and GELU lose half. Its Lipschitz constant is 1.
 *
 * @param x Shape `[..., n]`, n even, float32.
 * @returns The shape of `x`.
 * @throws If the dtype is not float32, or n is odd.
 * @see Anil, Lucas, Grosse, "Sorting out Lipschitz function approximation", 2019, section 4. https://arxiv.org/abs/1811.05381
 *   Their pairs are neighbours; which entries are paired makes no difference to a network that is trained with it.
 */
export function maxMin(x: Tensor): Tensor {
  requireFloat('maxMin', { x });
  util.assert(
    x.rank > 0 && x.shape[x.rank - 1] % 2 === 0,
    () => `maxMin: x has shape [${x.shape}], expected an even last dimension. It sorts pairs.`,
  );
  if (x.size === 0) return overNothing([x], x.shape);
  return withGradient(
    [x],
    () => {
      const [a, b] = halves(x);
      return { value: concat([maximum(a, b), minimum(a, b)], -1), save: [x] };
    },
    (dy, [x]) => {
      const [a, b] = halves(x);
      const [larger, smaller] = halves(dy);
      const exchanged = greater(b, a);
      return [concat([where(exchanged, smaller, larger), where(exchanged, larger, smaller)], -1)];
    },
  );
}

const halves = (x: Tensor): Tensor[] => split(x, 2, -1);
