import type { Variable } from '@tensorflow/tfjs-core';

/**
 * The number of the layer that a parameter belongs to, by its name; 0 if the name has none.
 *
 *     blocks.3.attention.query.weight → 3     h.11.mlp.c_fc.weight → 11     dense_2/kernel → 2     tokens.weight → 0
 *
 * The number after `h`, `block(s)` or `layer(s)` if there is one, else the first number that ends a part of the name. The
 * suffix that tf.layers gives a weight while the model it was loaded from is alive, as in `dense_2/kernel_1`, is none.
 *
 * A name without number, such as an output layer's, counts as layer 0. tf.layers numbers the layers of each kind, from one
 * model to the next: take `layersOf(model)` for it.
 */
export function layerFromName({ name }: Pick<Variable, 'name'>): number {
  const original = name.replace(RELOADED, '$1');
  const found =
    /(?:^|[./_])(?:h|blocks?|layers?)[./_]?(\d+)(?=[./_]|$)/i.exec(original) ??
    /(\d+)(?=[./_]|$)/.exec(original);
  return found ? Number(found[1]) : 0;
}

/** A weight's name in tf.layers, and the suffix that makes it unique. */
const RELOADED = /(\/[a-z_]*(?:kernel|bias|gamma|beta|alpha|moving_mean|moving_variance|embeddings))_\d+$/;
