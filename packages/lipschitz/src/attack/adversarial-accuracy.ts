import { checkOptions } from '@evenkeel/ops';
import {
  add,
  argMax,
  cast,
  clipByValue,
  equal,
  grad,
  logicalAnd,
  max,
  oneHot,
  type Scalar,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { readNow, TAKE_WASM } from '../read-now.js';
import { clipRms, toRms } from '../token-norms.js';

export interface AdversarialAccuracyOptions {
  /** How far the inputs may be moved, per token; one result each. 0 is the accuracy without an attack. */
  radii: readonly number[];
  /** `'rms'` (default), or `'l2'`: √features times as much. */
  norm?: 'rms' | 'l2';
  /** Steps of the attack, per radius. Default 20. */
  steps?: number;
  /** Least and greatest value of an input, such as [0, 1] for pixels. Default: none. */
  range?: readonly [number, number];
}

/** How many predictions are right when inputs are moved by up to `radius`. */
export interface AdversarialAccuracy {
  radius: number;
  accuracy: number;
}

/**
 * The share of predictions that stay right while an attack moves the inputs, for growing radii.
 *
 *     δ ← project(δ + 2.5 radius/steps · g/‖g‖)      g: slope of Σ (largest other logit − logit of the label)
 *
 * The attack is projected gradient descent on the margin; the margin and not the cross-entropy, since its slope does
 * not vanish for confident models. A prediction is lost if any step of this radius or of a smaller one changes it. So
 * accuracies fall with the radius, and each is an upper bound on the truth: a stronger attack may find more, and
 * {@link certifiedRadius} says what none can.
 *
 * @param forward From a batch of inputs to logits `[..., classes]`, differentiable.
 * @param inputs `[batch, features]`, or `[batch, tokens, features]` such as embedded text, where each token may move.
 * @param labels Integers, of the shape of the logits without their last axis.
 * @returns One entry per radius, in their order.
 * @throws If a radius is negative, there is no example, or the labels do not have the shape of the predictions.
 * @see Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", 2018, section 2.1; for the
 *     margin Carlini and Wagner, "Towards Evaluating the Robustness of Neural Networks", 2017, section V.
 */
export function adversarialAccuracy(
  forward: (inputs: Tensor) => Tensor,
  inputs: Tensor,
  labels: Tensor,
  options: AdversarialAccuracyOptions,
): AdversarialAccuracy[] {
  checkOptions('adversarialAccuracy', options, OPTIONS);
  const { radii, norm = 'rms', steps = 20, range } = options;
  for (const radius of radii) {
    if (radius >= 0 && Number.isFinite(radius)) continue;
    throw new Error(
      `adversarialAccuracy: a radius of ${radius}, expected numbers ≥ 0. Give each as a number.`,
    );
  }
  if (inputs.size === 0 || labels.size === 0) {
    throw new Error(
      `adversarialAccuracy: inputs of shape [${inputs.shape}] and labels of shape [${labels.shape}], expected an example. ` +
        'Nothing has no accuracy.',
    );
  }
  return tidy(() => {
    const perRms = norm === 'l2' ? 1 / Math.sqrt(inputs.shape[inputs.rank - 1] ?? 1) : 1;
    const targets = cast(labels, 'int32');
    const isRight = (x: Tensor) => equal(argMax(logitsOf(forward, x, targets), -1), targets);
    const slope = grad((x: Tensor) => sum(attackGain(targets, forward(x))) as Scalar);
    const inRange = (x: Tensor) => (range ? clipByValue(x, range[0], range[1]) : x);

    let right = isRight(inputs);
    let delta = zerosLike(inputs);
    const found = new Map<number, number>();
    for (const radius of [...radii].sort((a, b) => a - b)) {
      const rms = radius * perRms;
      for (let i = 0; i < (radius > 0 ? steps : 0); i++) {
        const next = tidy(() => {
          const move = toRms(slope(add(inputs, delta)), (2.5 * rms) / steps);
          const moved = sub(inRange(add(inputs, clipRms(add(delta, move), rms))), inputs);
          return { delta: moved, right: logicalAnd(right, isRight(add(inputs, moved))) };
        });
        delta.dispose();
        right.dispose();
        ({ delta, right } = next);
      }
      const answers = Array.from(readNow('adversarialAccuracy', right, TAKE_WASM));
      found.set(radius, answers.filter(Boolean).length / right.size);
    }
    return radii.map((radius) => ({ radius, accuracy: found.get(radius) ?? Number.NaN }));
  });
}

const OPTIONS: Record<keyof AdversarialAccuracyOptions, true> = {
  radii: true,
  norm: true,
  steps: true,
  range: true,
};

function logitsOf(forward: (inputs: Tensor) => Tensor, x: Tensor, labels: Tensor): Tensor {
  const logits = forward(x);
  const predictions = logits.shape.slice(0, -1);
  if (predictions.join() === labels.shape.join()) return logits;
  throw new Error(
    `adversarialAccuracy: labels of shape [${labels.shape}] for logits of shape [${logits.shape}], ` +
      `expected [${predictions}]. Give one label per prediction.`,
  );
}

/** Largest other logit minus the label's: above 0 once the prediction is wrong. */
function attackGain(labels: Tensor, logits: Tensor): Tensor {
  const classes = logits.shape[logits.rank - 1] ?? 1;
  const isLabel = cast(oneHot(labels as Tensor, classes), 'bool');
  const other = max(where(isLabel, -1e30, logits), -1);
  return sub(other, sum(where(isLabel, logits, zerosLike(logits)), -1));
}
