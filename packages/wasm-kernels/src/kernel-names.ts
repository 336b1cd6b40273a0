/**
 * Kernels that tfjs has no name for: one pass over memory where tfjs ops take many. They run through
 * `engine().runKernel(name, inputs, attrs)` where `getKernel(name, backend)` finds them. All tensors
 * are float32 unless noted, and every output is a new tensor. An optional input may be left out.
 */

/** Inputs `x [..., in]`, `weight [out, in]`, optional `bias [out]`. Output: x Wᵀ + b. */
export const Linear = 'EvenkeelLinear';

/** Inputs `dy [..., out]`, `x`, `weight`. Outputs `[dx, dWeight, dBias]`. */
export const LinearGrad = 'EvenkeelLinearGrad';

/**
 * Inputs `gradient`, `m`, `v`, `param` of one shape. Attrs `beta1`, `beta2`, `epsilon`, `correction1` and
 * `correction2` (1 − βᵗ), `weightDecay` λ, `learningRate` η (−1 gives the bare direction).
 *
 *     m' = β₁ m + (1 − β₁) g          v' = β₂ v + (1 − β₂) g²
 *     u = −η (m' / c₁ / (√(v' / c₂) + ε) + λ w)
 *
 * Outputs `[u, m', v']`.
 */
export const AdamStep = 'EvenkeelAdamStep';

/**
 * Inputs and attrs of {@link AdamStep}; also `ema`, and attrs `alpha` α, `lambda` λ, `maxGradNorm` (0 never clips). ε is added to the uncorrected root.
 *
 *     g = gradient · min(1, maxGradNorm / (‖gradient‖ + 10⁻⁶))          ema' = α ema + (1 − α) g          h = g + λ ema'
 *     m' = β₁ m + (1 − β₁) h                v' = β₂ v + (1 − β₂) h²
 *     u  = −η ( √c₂ / c₁ · m' / (√v' + ε) + weightDecay · w )
 *
 * Outputs `[u, m', v', ema']`.
 */
export const GrokAdamWStep = 'EvenkeelGrokAdamWStep';

/**
 * Inputs `gradient`, `param` of one shape. Attr `rescale`: give the result the gradient's length.
 * Output: the part of the gradient orthogonal to the parameter, zero where that is below 10⁻⁶ of it.
 */
export const OrthogonalPart = 'EvenkeelOrthogonalProjection';

/** Input `x`. Output: the scalar Σ x², summed in float64. */
export const SumOfSquares = 'EvenkeelSumOfSquares';

/** Input `x`. Attr `unit`. Output: the scalar √(Σ x²) / unit, in float64 until it is rounded. */
export const EuclideanNorm = 'EvenkeelEuclideanNorm';

/**
 * Inputs `x [..., width]`, `gain [width]`, optional `bias [width]`. Attr `epsilon`.
 * Outputs `[y, means, scales]`; the last two, `[rows]`, are for the gradient.
 */
export const LayerNorm = 'EvenkeelLayerNorm';

/** Inputs `dy`, `x`, `gain`, `means`, `scales`. Outputs `[dx, dgain, dbias]`. */
export const LayerNormGrad = 'EvenkeelLayerNormGrad';

/** {@link LayerNorm} without the mean and the bias: x / √(mean x² + ε) · gain. Same inputs and outputs. */
export const RmsNorm = 'EvenkeelRmsNorm';

/** Inputs `dy`, `x`, `gain`, `means`, `scales`. Outputs `[dx, dgain]`. */
export const RmsNormGrad = 'EvenkeelRmsNormGrad';

/** Input `x`. Attr `approximate`: 'none' (by erf) or 'tanh'. Output: x Φ(x). */
export const Gelu = 'EvenkeelGelu';

/** Inputs `dy`, `x`. Attr as {@link Gelu}. Output: dx. */
export const GeluGrad = 'EvenkeelGeluGrad';

/** Input `x`. Output: x σ(x). */
export const Silu = 'EvenkeelSilu';

/** Inputs `dy`, `x`. Output: dx. */
export const SiluGrad = 'EvenkeelSiluGrad';

/**
 * Inputs `x [..., time, width]`, `cos`, `sin` `[time, width / 2]`. Attr `layout`, which must be 'half'. The
 * gradient is the same with −sin. Output: x with each pair (i, i + width / 2) rotated by the angle of its position.
 */
export const RotaryEmbedding = 'EvenkeelRotaryEmbedding';

/**
 * Inputs `logits [..., classes]`, `labels [...]` (int32). Attr `ignoreIndex` (optional): a label whose loss is 0.
 * Output: losses `[...]` in nats.
 */
export const SoftmaxCrossEntropy = 'EvenkeelSoftmaxCrossEntropy';

/** Inputs `dy`, `logits`, `labels`. Attr as {@link SoftmaxCrossEntropy}. Output: dlogits. */
export const SoftmaxCrossEntropyGrad = 'EvenkeelSoftmaxCrossEntropyGrad';

/** {@link SoftmaxCrossEntropy} with s(x) = x + 1 for x ≥ 0, 1/(1 − x) for x < 0 in the place of eˣ. */
export const StablemaxCrossEntropy = 'EvenkeelStablemaxCrossEntropy';

/** Inputs and attr as {@link SoftmaxCrossEntropyGrad}. Output: dlogits, finite for logits up to ±10³⁰. */
export const StablemaxCrossEntropyGrad = 'EvenkeelStablemaxCrossEntropyGrad';

/**
 * Inputs `q [batch, heads, time, width]`, `k`, `v` `[batch, heads / g, timeK, width]`. Attr `scale`; optional `offset`
 * (position of the first query among the keys, default timeK − time), `window` (how many keys a query sees, its own
 * included, default all), `dropout` (share of probabilities set to 0) and `seed` (which ones, uint32). Outputs
 * `[o, logSumExp]`; the latter, `[batch, heads, time]`, is for the gradient. No tensor of [time, timeK] is made.
 */
export const CausalAttention = 'EvenkeelCausalAttention';

/** Inputs `dy`, `q`, `k`, `v`, `o`, `logSumExp`. Attrs as {@link CausalAttention}. Outputs `[dq, dk, dv]`. */
export const CausalAttentionGrad = 'EvenkeelCausalAttentionGrad';

/**
 * Inputs `a [batch, n, k]`, `b [batch, k, n]`, or with their last two axes swapped. Attrs `transposeA`, `transposeB`.
 * Output: their products `[batch, n, n]`, which the caller knows to be symmetric.
 */
export const SymmetricProduct = 'EvenkeelSymmetricProduct';
