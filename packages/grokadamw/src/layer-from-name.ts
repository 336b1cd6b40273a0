import type { Variable } from '@tensorflow/tfjs-core';

/**
 * The number of the layer that a parameter belongs to, by its name; 0 if the name has none.
 *
 *     blocks.3.attention.query.weight → 3     h.11.mlp.c_fc.weight → 11     dense_2/kernel → 2     tokens.weight → 0
 *
 * The number after `h`, `block(s)` or `layer(s)` if there is one, else the first number that ends a part of the name.
 */
export function layerFromName({ name }: Pick<Variable, 'name'>): number {
  const found =
    /(?:^|[./_])(?:h|blocks?|layers?)[./_]?(\d+)(?![\d])/i.exec(name) ?? /(\d+)(?=[./_]|$)/.exec(name);
  return found ? Number(found[1]) : 0;
}
