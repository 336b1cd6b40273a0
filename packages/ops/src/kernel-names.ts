/**
 * Names of the kernels that a backend may register (`tf.registerKernel`) to replace the definitions
 * of these ops and of their siblings in other packages. This file is the whole contract.
 *
 * - A kernel gets the inputs listed, all float32 unless said otherwise, and every attribute listed.
 *   Inputs marked `?` may be absent. No input has size 0. Values are row-major.
 * - A kernel that returns one output returns one tensor; more than one, an array in the order listed.
 * - Outputs are new tensors. Inputs are never written.
 * - Its numbers are those of the definition within rounding. NaN in, NaN out. A kernel that meets an
 *   attribute or a value it does not know throws; none ignores one.
 * - Reductions over rows (the gradients of gain, bias and weight) sum in any order.
 */
export const KERNELS = {
  /** y = x Wᵀ + b. `{x [..., in], weight [out, in], bias? [out]}`, no attributes → `[..., out]`. */
  linear: 'EvenkeelLinear',
  /** `{dy [..., out], x [..., in], weight [out, in]}` → `[dx, dWeight, dBias [out]]`; all three always. */
  linearGrad: 'EvenkeelLinearGrad',

  /**
   * Over the last axis, y = (x − mean) · scale · gain + bias, scale = 1 / √(variance + ε), variance biased.
   * `{x [..., n], gain [n], bias? [n]}`, `{epsilon: number}` → `[y, means [rows], scales [rows]]`.
   * Without a gain the definition runs.
   */
  layerNorm: 'EvenkeelLayerNorm',
  /** `{dy, x, gain, means, scales}`, no attributes → `[dx, dGain [n], dBias [n]]`; all three always. */
  layerNormGrad: 'EvenkeelLayerNormGrad',

  /** y = x · scale · gain, scale = 1 / √(mean(x²) + ε). As {@link layerNorm}, without bias; the means are unused. */
  rmsNorm: 'EvenkeelRmsNorm',
  /** `{dy, x, gain, means, scales}`, no attributes → `[dx, dGain [n]]`; both always. */
  rmsNormGrad: 'EvenkeelRmsNormGrad',

  /** `{x}`, `{approximate: 'none' | 'tanh'}` → shape of x. */
  gelu: 'EvenkeelGelu',
  /** `{dy, x}`, `{approximate}` → dx. Finite wherever x is. */
  geluGrad: 'EvenkeelGeluGrad',

  /** y = x σ(x). `{x}` → shape of x. */
  silu: 'EvenkeelSilu',
  /** `{dy, x}` → dx. Finite wherever x is. */
  siluGrad: 'EvenkeelSiluGrad',

  /**
   * Rotates pair i, entries (i, i + dim/2), of each vector at time t: (a, b) → (a cos − b sin, b cos + a sin), with cos
   * and sin at [t, i]. `{x [..., time, dim], cos [time, dim/2], sin [time, dim/2]}`, `{layout: 'half'}` → shape of x.
   * Its gradient is the same kernel with −sin. Other layouts, and rotations of a part, run the definition.
   */
  rotaryEmbedding: 'EvenkeelRotaryEmbedding',

  /**
   * o = dropout(softmax(scale q kᵀ)) v. Query i sees the keys j with `i + offset − window < j ≤ i + offset`.
   *
   *     {q [batch, heads, time, dim], k [batch, kvHeads, timeK, dim], v as k}
   *     {scale: number, offset: int from 0 to timeK − time, window: int ≥ 1, dropout: in [0, 1), seed: uint32}
   *     → [o as q, logSumExp [batch, heads, time]]
   *
   * Query head h reads key and value head ⌊h · kvHeads / heads⌋. `logSumExp` is over the visible scaled scores, dropped
   * or not. Dropout multiplies the probabilities, `[batch, heads, time, timeK]`, by `dropoutMask(shape, dropout, seed)`.
   */
  causalAttention: 'EvenkeelCausalAttention',
  /** `{dy, q, k, v, o, logSumExp}`, attributes as {@link causalAttention} → `[dq, dk, dv]`. */
  causalAttentionGrad: 'EvenkeelCausalAttentionGrad',

  /** Σ x², accurate to 1e-6 relative for 10⁸ entries. `{x}` → scalar. */
  sumOfSquares: 'EvenkeelSumOfSquares',
  /** √(Σ x²) / unit, for every x whose result float32 holds. `{x}`, `{unit: number}` → scalar. */
  euclideanNorm: 'EvenkeelEuclideanNorm',

  /**
   * Cross-entropy in nats of each example: log Σⱼ exp(xⱼ) − x_label, max-subtracted, in float32.
   * `{logits [..., classes], labels [...] int32}`, `{ignoreIndex?: int}` → losses `[...]`.
   *
   * An example whose label is `ignoreIndex` has loss 0 and gradient 0. Any other label outside [0, classes) throws.
   */
  softmaxCrossEntropy: 'EvenkeelSoftmaxCrossEntropy',
  /** `{dy [...], logits, labels}`, `{ignoreIndex?}` → dLogits. */
  softmaxCrossEntropyGrad: 'EvenkeelSoftmaxCrossEntropyGrad',

  /** The same with s(x) in the place of eˣ: s(x) = x + 1 for x ≥ 0, 1/(1 − x) below; tiny losses keep their digits. */
  stablemaxCrossEntropy: 'EvenkeelStablemaxCrossEntropy',
  /** As {@link softmaxCrossEntropyGrad}. Finite for logits up to ±1e30. */
  stablemaxCrossEntropyGrad: 'EvenkeelStablemaxCrossEntropyGrad',

  /**
   * One pass of Adam with decoupled weight decay over one parameter of any shape.
   *
   *     m' = β₁ m + (1 − β₁) g     v' = β₂ v + (1 − β₂) g²
   *     u  = −η ( (m' / c₁) / (√(v' / c₂) + ε) + λ w )
   *
   * `{gradient, param, m, v}`, `{learningRate: η, beta1, beta2, epsilon: ε, weightDecay: λ, correction1: c₁,
   * correction2: c₂}` → `[u, m', v']`. The corrections are 1 − βᵗ, or 1 for none.
   */
  adamStep: 'EvenkeelAdamStep',

  /**
   * One pass of GrokAdamW over one parameter of any shape, as the published code computes it: the corrections are
   * folded into the step size, so that ε is added to a root that is not corrected.
   *
   *     g = gradient · min(1, maxGradNorm / (‖gradient‖ + 10⁻⁶)), unless that is 0          ema' = α ema + (1 − α) g          h = g + λ ema'
   *     m' = β₁ m + (1 − β₁) h                v' = β₂ v + (1 − β₂) h²
   *     u  = −η ( √c₂ / c₁ · m' / (√v' + ε) + weightDecay · w )
   *
   * `{gradient, param, m, v, ema}`, `{learningRate: η, beta1, beta2, epsilon: ε, weightDecay, correction1: c₁,
   * correction2: c₂, alpha: α, lambda: λ, maxGradNorm}` → `[u, m', v', ema']`.
   */
  grokAdamWStep: 'EvenkeelGrokAdamWStep',

  /**
   * A product of each pair of two batches that the caller knows to be symmetric, such as X Xᵀ, so that half of it is
   * enough. `{a [batch, n, k], b [batch, k, n]}`, either with its last two axes swapped if transposed,
   * `{transposeA: boolean, transposeB: boolean}` → `[batch, n, n]`.
   */
  symmetricProduct: 'EvenkeelSymmetricProduct',

  /** ⊥Grad of one parameter, as @evenkeel/orthograd defines it. `{gradient, param}`, `{rescale: boolean}` → update. */
  orthogonalProjection: 'EvenkeelOrthogonalProjection',
} as const;
