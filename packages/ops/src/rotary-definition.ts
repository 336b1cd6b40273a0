import {
  add,
  concat,
  matMul,
  mul,
  ones,
  type Rank,
  reshape,
  stack,
  type Tensor,
  type Tensor2D,
  tensor2d,
  zeros,
} from '@tensorflow/tfjs-core';

/** Which entries of a vector form a pair: (i, i + pairs), or (2i, 2i + 1). */
export type RotaryLayout = 'half' | 'interleaved';

/**
 * y = x ∘ cos + (x P) ∘ sin, where P swaps the entries of each pair and negates the first:
 * (a, b) P = (−b, a).
 *
 * A product with a small matrix of 0 and ±1 is exact, and on the wasm backend several times faster than
 * slicing, reversing and joining.
 *
 * @param x Shape `[..., time, dim]`.
 * @param cos Shape `[time, pairs]`, as is `sin`; entries from 2·pairs on stay as they are.
 */
export function rotate(x: Tensor, cos: Tensor, sin: Tensor, layout: RotaryLayout): Tensor {
  const dim = x.shape[x.rank - 1];
  const [time, pairs] = cos.shape;
  const rest = [time, dim - 2 * pairs];
  const turned = reshape(matMul(reshape<Rank.R2>(x, [-1, dim]), quarterTurn(pairs, dim, layout)), x.shape);
  return add(mul(x, perEntry(cos, ones(rest), layout)), mul(turned, perEntry(sin, zeros(rest), layout)));
}

/** `[time, pairs]` → `[time, dim]`: each number for both entries of its pair, then the rest. */
function perEntry(table: Tensor, rest: Tensor, layout: RotaryLayout): Tensor {
  const [time, pairs] = table.shape;
  const both =
    layout === 'half' ? concat([table, table], 1) : reshape(stack([table, table], 2), [time, 2 * pairs]);
  return rest.size > 0 ? concat([both, rest], 1) : both;
}

function quarterTurn(pairs: number, dim: number, layout: RotaryLayout): Tensor2D {
  const values = new Float32Array(dim * dim);
  for (let i = 0; i < pairs; i++) {
    const [a, b] = layout === 'half' ? [i, i + pairs] : [2 * i, 2 * i + 1];
    values[b * dim + a] = -1;
    values[a * dim + b] = 1;
  }
  return tensor2d(values, [dim, dim]);
}
