import { checkOptions } from '@evenkeel/ops';
import { certifyMlp } from './certify-mlp.js';
import { certifyTransformer } from './certify-transformer.js';
import { describeGPT, type GPTLike } from './describe-gpt.js';
import type { LayerBounds } from './layer-bounds.js';
import { log10Up } from './log10.js';
import type { ModelDescription } from './model-description.js';

/** What is proven of one layer. */
export interface LayerCertificate extends LayerBounds {
  /** Bound on the layer's Lipschitz constant, RMS to RMS. Infinity from 10³⁰⁸ on. */
  lipschitz: number;
  /** Bound on the RMS of what comes out, per token. Infinity from 10³⁰⁸ on. */
  outputRms: number;
}

/** An upper bound on how much a model can amplify a change of its input, and where it comes from. */
export interface LipschitzCertificate {
  /** ‖f(x) − f(y)‖ ≤ lipschitz · ‖x − y‖ in RMS, for all x, y of RMS up to `inputRms`. Infinity from 10³⁰⁸ on. */
  lipschitz: number;
  log10Lipschitz: number;
  /** The certificate is about inputs of at most this RMS per token. */
  inputRms: number;
  layers: LayerCertificate[];
}

export interface LipschitzCertificateOptions {
  /**
   * The largest RMS of an input, per token. Default: a bound on that of any text, the largest embedding plus the largest
   * learned position; or 1 for an MLP, whose Lipschitz bound holds everywhere and whose bounds on activations alone need
   * it. Give a larger one if perturbed inputs may be larger: a perturbation of RMS r needs r more.
   */
  inputRms?: number;
}

/**
 * Proves how much a model can amplify a change of its input: an upper bound on its Lipschitz constant.
 *
 *     L = Π layers                                      N(W) = √(in/out) σ₁(W)
 *     linear     N(W)
 *     MLP        slope(φ) N(Wout) N(Win)
 *     attention  valueScale · N(Wo) (√Σνₕ² + S)         νₕ, κₕ, qₕ: σ₁ of head h's rows of V, K, Q
 *                S = 2 · scale · d a²/headWidth · min(q · max κₕνₕ, √Σ(qₕκₕνₕ)²)
 *     residual   |1−α| + |α| L
 *
 * where a bounds the RMS of what enters the layer. Sizes of vectors are RMS values, of sequences the largest
 * RMS of a token. For a transformer the input is the embedded text, the output its logits. The derivation, step
 * by step, is in docs/certificate.md. Only upper bounds enter ({@link spectralNormBound}), and sums and products
 * are rounded up. It is a statement about real arithmetic: a forward pass in float32 adds rounding errors of its own.
 *
 * Differs from the published formula ({@link publishedLipschitzEstimate}), which is no bound: that one counts
 * attention as if it had one head, divides by GELU's slope twice, lets the softmax scale shrink the values too,
 * and leaves out the final scale.
 *
 * @param model Its weights and constants, or a GPT of the lipschitz architecture; tensors are read to the host.
 * @throws If shapes do not fit together, or a weight is not finite.
 * @see Newhouse et al., "Training Transformers with Enforced Lipschitz Constants", 2025.
 *     https://arxiv.org/abs/2507.13338
 */
export function lipschitzCertificate(
  model: ModelDescription | GPTLike,
  options: LipschitzCertificateOptions = {},
): LipschitzCertificate {
  checkOptions('lipschitzCertificate', options, OPTIONS);
  const { inputRms } = options;
  if (inputRms !== undefined && !(inputRms >= 0 && Number.isFinite(inputRms))) {
    throw new Error(
      `lipschitzCertificate: inputRms is ${inputRms}, expected a number ≥ 0. Leave it out for the model's own inputs.`,
    );
  }
  const certified = certify('parameters' in model ? describeGPT(model) : model, inputRms);
  const layers = certified.layers.map(({ name, log10Lipschitz, log10OutputRms, ...norms }) => ({
    name,
    lipschitz: 10 ** log10Up(log10Lipschitz),
    log10Lipschitz: log10Up(log10Lipschitz),
    outputRms: 10 ** log10Up(log10OutputRms),
    log10OutputRms: log10Up(log10OutputRms),
    ...norms,
  }));
  // One layer that is 0 makes the product 0, also beside one that is infinite.
  const logs = layers.map(({ log10Lipschitz }) => log10Lipschitz);
  const log10Lipschitz = logs.includes(-Infinity)
    ? -Infinity
    : log10Up(logs.reduce((sum, log) => sum + log, 0));
  return { lipschitz: 10 ** log10Lipschitz, log10Lipschitz, inputRms: certified.inputRms, layers };
}

const OPTIONS: Record<keyof LipschitzCertificateOptions, true> = { inputRms: true };

function certify(model: ModelDescription, inputRms?: number): { inputRms: number; layers: LayerBounds[] } {
  if (model.architecture === 'mlp') return certifyMlp(model, inputRms);
  if (model.architecture === 'lipschitz') return certifyTransformer(model, inputRms);
  throw new Error(
    `lipschitzCertificate: architecture is '${(model as ModelDescription).architecture}', expected 'mlp' or 'lipschitz'. ` +
      'Layer norm and unscaled attention have no finite bound.',
  );
}
