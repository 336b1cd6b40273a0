import { less, mul, slice, squeeze, sub, type Tensor, tidy, topk, where, zeros } from '@tensorflow/tfjs-core';

/** Above the rounding errors of the two float32 operations that follow. */
const ROUND_DOWN = 1 - 1e-6;

/**
 * How far the input may move before a prediction can change, proven from a Lipschitz bound.
 *
 *     radius = (largest logit − second largest) / (√(2V) · L)           V classes, RMS per token
 *
 * A step δ of the input moves the logits by at most L‖δ‖ in RMS, so by √V L‖δ‖ in length, and the difference of
 * two of them by √2 times that. In ℓ² a radius is √n times this one, for inputs of n values.
 *
 * L must hold where the perturbed input lies. That is everywhere for an MLP. A transformer's certificate is about
 * inputs up to its `inputRms`: ask for one with the radius added, `lipschitzCertificate(model, { inputRms: a + r })`,
 * and count radii up to r; or keep to perturbed embeddings no larger than the largest embedding.
 *
 * @param logits Shape `[..., classes]`, at least two classes.
 * @param lipschitz An upper bound, RMS to RMS, such as `lipschitzCertificate(model).lipschitz`; or the certificate.
 * @returns Shape `[...]`. 0 where two logits tie, or the bound is infinite.
 * @throws If the bound is no number above 0, or there are fewer than two classes.
 * @see Tsuzuku et al., "Lipschitz-Margin Training", 2018. https://arxiv.org/abs/1802.04034
 */
export function certifiedRadius(logits: Tensor, lipschitz: number | { lipschitz: number }): Tensor {
  const bound = typeof lipschitz === 'number' ? lipschitz : lipschitz.lipschitz;
  const classes = logits.shape[logits.rank - 1] ?? 1;
  if (!(bound > 0)) {
    throw new Error(
      `certifiedRadius: lipschitz is ${bound}, expected an upper bound above 0. Pass lipschitzCertificate(model).`,
    );
  }
  if (classes < 2) {
    throw new Error(
      `certifiedRadius: logits of shape [${logits.shape}], expected [..., classes] with two or more. ` +
        'With a single logit nothing can change.',
    );
  }
  if (logits.size === 0) return zeros(logits.shape.slice(0, -1));
  return tidy(() => {
    const { values } = topk(logits, 2);
    const entry = (i: number) => {
      const begin = values.shape.map((_, axis) => (axis === values.rank - 1 ? i : 0));
      const size = values.shape.map((length, axis) => (axis === values.rank - 1 ? 1 : length));
      return squeeze(slice(values, begin, size), [values.rank - 1]);
    };
    const exact = ROUND_DOWN / (Math.sqrt(2 * classes) * bound);
    const perMargin = exact < 2 ** -126 ? 0 : exact; // a smaller number may be rounded up
    const [largest, second] = [entry(0), entry(1)];
    const margin = sub(largest, second);
    const half = sub(mul(largest, 0.5), mul(second, 0.5)); // where the difference itself is beyond float32
    return where(less(margin, Infinity), mul(margin, perMargin), mul(mul(half, perMargin), 2));
  });
}
