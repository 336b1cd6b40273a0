/**
 * Those called Draft do not keep to the contract in @evenkeel/ops yet, so that its ops do not find them.
 *
 * Kernels that tfjs has no name for: one pass over memory where tfjs ops take many. They run through
 * `engine().runKernel(name, inputs, attrs)` where `getKernel(name, backend)` finds them. All tensors
 * are float32 unless noted, and every output is a new tensor. An optional input may be left out.
 */

/**
 * Inputs `gradient`, `m`, `v`, `param` of one shape. Attrs `beta1`, `beta2`, `epsilon`, `correction1` and
 * `correction2` (1 − βᵗ), `weightDecay` λ, `factor` (−η for a step, 1 for the direction).
 *
 *     m' = β₁ m + (1 − β₁) g          v' = β₂ v + (1 − β₂) g²
 *     u = factor · (m' / c₁ / (√(v' / c₂) + ε) + λ w)
 *
 * Outputs `[u, m', v']`.
 */
export const AdamStep = 'EvenkeelDraftAdamStep';

/**
 * Inputs `gradient`, `param` of one shape. Attr `rescale`: give the result the gradient's length.
 * Output: the part of the gradient orthogonal to the parameter, zero where that is below 10⁻⁶ of it.
 */
export const OrthogonalPart = 'EvenkeelDraftOrthogonalPart';

/** Input `x`. Output: the scalar Σ x², summed in float64. */
export const SumOfSquares = 'EvenkeelSumOfSquares';

/**
 * Inputs `x [..., width]`, `gain [width]`, optional `bias [width]`. Attr `epsilon`.
 * Outputs `[y, means, scales]`; the last two, `[rows]`, are for the gradient.
 */
export const LayerNorm = 'EvenkeelDraftLayerNorm';

/** Inputs `dy`, `x`, `gain`, `means`, `scales`. Outputs `[dx, dgain, dbias]`. */
export const LayerNormGrad = 'EvenkeelDraftLayerNormGrad';

/** {@link LayerNorm} without the mean and the bias: x / √(mean x² + ε) · gain. Same inputs and outputs. */
export const RmsNorm = 'EvenkeelDraftRmsNorm';

/** Inputs `dy`, `x`, `gain`, `means`, `scales`. Outputs `[dx, dgain]`. */
export const RmsNormGrad = 'EvenkeelDraftRmsNormGrad';

/** Input `x`. Attr `approximate`: 'none' (by erf) or 'tanh'. Output: x Φ(x). */
export const Gelu = 'EvenkeelGelu';

/** Inputs `dy`, `x`. Attr as {@link Gelu}. Output: dx. */
export const GeluGrad = 'EvenkeelGeluGrad';

/** Input `x`. Output: x σ(x). */
export const Silu = 'EvenkeelSilu';

/** Inputs `dy`, `x`. Output: dx. */
export const SiluGrad = 'EvenkeelSiluGrad';

/**
 * Inputs `x [..., time, width]`, `cos`, `sin` `[time, width / 2]`. Attr `inverse`: turn back, as the gradient
 * does. Output: x with each pair (i, i + width / 2) rotated by the angle of its position.
 */
export const RotaryEmbedding = 'EvenkeelDraftRotaryEmbedding';

/**
 * Inputs `logits [..., classes]`, `labels [...]` (int32). Attr `ignoreIndex` (optional): a label whose loss is 0.
 * Output: losses `[...]` in nats.
 */
export const SoftmaxCrossEntropy = 'EvenkeelDraftSoftmaxCrossEntropy';

/** Inputs `logits`, `labels`, `dlosses`. Attr as {@link SoftmaxCrossEntropy}. Output: dlogits. */
export const SoftmaxCrossEntropyGrad = 'EvenkeelDraftSoftmaxCrossEntropyGrad';

/**
 * Inputs `q [batch, heads, time, width]`, `k`, `v` `[batch, heads / g, time, width]`. Attrs `scale`, `window`
 * (optional: how many positions a query sees, itself included). Outputs `[o, logSums]`; the latter,
 * `[batch, heads, time]`, is for the gradient. No tensor of [time, time] is made.
 */
export const CausalAttention = 'EvenkeelDraftCausalAttention';

/** Inputs `dy`, `q`, `k`, `v`, `o`, `logSums`. Attrs as {@link CausalAttention}. Outputs `[dq, dk, dv]`. */
export const CausalAttentionGrad = 'EvenkeelDraftCausalAttentionGrad';
