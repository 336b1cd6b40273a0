import type { WeightLike } from '../matrix-values.js';
import type { Nonlinearity } from './nonlinearity.js';

/** A network of linear layers: y = φ(W x + b) for each of them. */
export interface MlpDescription {
  architecture: 'mlp';
  layers: readonly {
    /** `[out, in]`. A kernel of tf.layers is `[in, out]`: transpose it. */
    weight: WeightLike;
    /** `[out]`. Costs no Lipschitz bound, but enters the bounds on activations. */
    bias?: WeightLike;
    /** What follows the linear map. Default `'identity'`. */
    activation?: Nonlinearity;
  }[];
}

/** One block of the `lipschitz` architecture: attention and an MLP, without norm layers. */
export interface LipschitzBlock {
  /** `[heads · headWidth, width]`; head h has the rows from h · headWidth on. */
  query: WeightLike;
  /** As `query`. */
  key: WeightLike;
  /** `[heads · valueWidth, width]`. */
  value: WeightLike;
  /** `[width, heads · valueWidth]`. */
  output: WeightLike;
  /** `[hidden, width]`. */
  mlpIn: WeightLike;
  /** `[width, hidden]`. */
  mlpOut: WeightLike;
}

/**
 * A transformer without norm layers, as in Newhouse et al. 2025.
 *
 *     x ← (1−α) x + α · valueScale · Wo concat_h(softmax(scale · Qₕ Kₕᵀ / headWidth + mask + bias) Vₕ)
 *     x ← (1−α) x + α · Wout φ(Win x)
 *     logits = finalScale · Whead x + bias
 *
 * RoPE on queries and keys, masks, and biases of the scores that do not depend on the input (relative positions) need no
 * description: they cost nothing.
 */
export interface LipschitzTransformerDescription {
  architecture: 'lipschitz';
  /** `[width, vocabulary]`: one column per token. */
  embedding: WeightLike;
  /** `[width, positions]`: one column per position, added to the embedding of the token there. Default none. */
  positions?: WeightLike;
  blocks: readonly LipschitzBlock[];
  /** `[vocabulary, width]`. */
  head: WeightLike;
  /** `[vocabulary]`, added to the logits. It costs no Lipschitz bound, but enters the bound on their size. */
  headBias?: WeightLike;
  heads: number;
  /** Multiplies the attention scores. Default 1. */
  scale?: number;
  /** Multiplies the output of attention. Default 1/3. */
  valueScale?: number;
  /** α. Default 1 / (2 · blocks). */
  residualWeight?: number;
  /** Multiplies the logits. Default 1. */
  finalScale?: number;
  /** φ. Default `'modulaGelu'`, GELU / 1.1289. */
  activation?: Nonlinearity;
}

/** What {@link lipschitzCertificate} certifies. */
export type ModelDescription = MlpDescription | LipschitzTransformerDescription;
