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
   * Over the last axis, y = (x − mean) / √(variance + ε) · gain + bias, variance biased.
   * `{x [..., n], gain? [n], bias? [n]}`, `{epsilon: number}` → shape of x.
   */
  layerNorm: 'EvenkeelLayerNorm',
  /** `{dy, x, gain?}`, `{epsilon}` → `[dx, dGain [n], dBias [n]]`; all three always. */
  layerNormGrad: 'EvenkeelLayerNormGrad',

  /** y = x / √(mean(x²) + ε) · gain. `{x [..., n], gain? [n]}`, `{epsilon: number}` → shape of x. */
  rmsNorm: 'EvenkeelRmsNorm',
  /** `{dy, x, gain?}`, `{epsilon}` → `[dx, dGain [n]]`; both always. */
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
   * Rotates pair i of each vector at time t: (a, b) → (a cos − b sin, b cos + a sin), with cos and sin at [t, i].
   * `{x [..., time, dim], cos [time, pairs], sin [time, pairs]}`, `{layout: 'half' | 'interleaved'}` → shape of x.
   * Pair i is entries (i, i + pairs) with 'half', (2i, 2i + 1) with 'interleaved'; 2·pairs ≤ dim, the
   * entries from 2·pairs on are copied. Its gradient is the same kernel with −sin.
   */
  rotaryEmbedding: 'EvenkeelRotaryEmbedding',

  /**
   * o = dropout(softmax(scale q kᵀ)) v. Query i (from 0) sees the keys j with
   * `i + offset − window < j ≤ i + offset`, at least one.
   *
   *     {q [batch, heads, time, dim], k [batch, kvHeads, timeK, dim], v as k}
   *     {scale: number, offset: int ≥ 0, window: int ≥ 1, dropout: number in [0, 1), seed: uint32}
   *     → [o as q, logSumExp [batch, heads, time]]
   *
   * Query head h reads key and value head ⌊h · kvHeads / heads⌋. `logSumExp` is over the visible scaled scores.
   * Dropout: probability n (row-major in [batch, heads, time, timeK], modulo 2³²) is dropped if
   * `dropoutHash(n, seed) < ⌊dropout · 2³²⌋`, else divided by 1 − dropout (see dropout-mask.ts).
   */
  causalAttention: 'EvenkeelCausalAttention',
  /** `{dy, q, k, v, o, logSumExp}`, attributes as {@link causalAttention} → `[dq, dk, dv]`. */
  causalAttentionGrad: 'EvenkeelCausalAttentionGrad',

  /** Σ x², accurate to 1e-6 relative for 10⁸ entries. `{x}` → scalar. */
  sumOfSquares: 'EvenkeelSumOfSquares',

  /**
   * Cross-entropy in nats per row: log Σⱼ exp(xⱼ) − x_label, max-subtracted.
   *
   *     {logits [n, classes], labels [n] int32}, {ignoreIndex: int}
   *     → [losses [n], logSumExp [n]]
   *
   * A row whose label is `ignoreIndex` (below zero if nothing is ignored) has loss 0 and gradient 0. Any other label outside
   * [0, classes) has loss and gradient NaN.
   */
  softmaxCrossEntropy: 'EvenkeelSoftmaxCrossEntropy',
  /** `{dy [n], logits, labels, logSumExp}`, `{ignoreIndex}` → dLogits. */
  softmaxCrossEntropyGrad: 'EvenkeelSoftmaxCrossEntropyGrad',

  /** The same with log s(x) in the place of x: s(x) = x + 1 for x ≥ 0, 1/(1 − x) below. Second output: log Σ s. */
  stablemaxCrossEntropy: 'EvenkeelStablemaxCrossEntropy',
  /** `{dy [n], logits, labels, logSumExp}`, `{ignoreIndex}` → dLogits. Finite for logits up to ±1e30. */
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

  /** ⊥Grad of one parameter, as @evenkeel/orthograd defines it. `{gradient, param}`, `{rescale: boolean}` → update. */
  orthogonalProjection: 'EvenkeelOrthogonalProjection',
} as const;
