import { checkOptions } from '@evenkeel/ops';
import {
  add,
  div,
  max,
  mul,
  randomNormal,
  type Scalar,
  sub,
  sum,
  type Tensor,
  tidy,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import { readNow, TAKE_WASM } from '../read-now.js';
import { clipRms, largestTokenRms, tokenRms, tokenSquares, toRms } from '../token-norms.js';

export interface EmpiricalLipschitzOptions {
  /** Steps of gradient ascent. Default 30. */
  steps?: number;
  /** How far an input moves per step, relative to `inputRms`; falls to a tenth over the steps. Default 0.2. */
  learningRate?: number;
  /** Half the distance of the two inputs compared, relative to `inputRms`. Default 0.01. */
  distance?: number;
  /** Inputs stay within this RMS per token. Default: the largest in `inputs`. */
  inputRms?: number;
  /** Seeds the first directions. Default 1. */
  seed?: number;
}

/**
 * The largest amplification that a search finds: a lower bound on the Lipschitz constant.
 *
 *     gain = ‖f(x + δ) − f(x − δ)‖ / ‖2δ‖          RMS; of a sequence, the largest RMS of a token
 *
 * It is the quotient of two outputs that really occur, so no bound may lie below it (beyond rounding: float32 errors
 * of f count 1/(2 · distance)-fold). Gradient ascent in x and δ raises it: δ jumps to the steepest direction of
 * that length, which for a linear f is power iteration; x climbs inside the ball of `inputRms`. Give many inputs, of
 * different kinds: each is one start. What it does not find may exist.
 *
 * @param forward From a batch of inputs to outputs, differentiable; independent from one example to the next.
 * @param inputs Where to start: `[batch, features]`, or `[batch, tokens, features]` such as embedded text.
 * @returns A JS number ≥ 0.
 * @throws If there is no example, or the outputs are not finite.
 */
export function empiricalLipschitz(
  forward: (inputs: Tensor) => Tensor,
  inputs: Tensor,
  options: EmpiricalLipschitzOptions = {},
): number {
  checkOptions('empiricalLipschitz', options, OPTIONS);
  return Math.max(...gainPerExample(forward, inputs, options));
}

const OPTIONS: Record<keyof EmpiricalLipschitzOptions, true> = {
  steps: true,
  learningRate: true,
  distance: true,
  inputRms: true,
  seed: true,
};

/** The search of {@link empiricalLipschitz}, with what it finds from each start. */
export function gainPerExample(
  forward: (inputs: Tensor) => Tensor,
  inputs: Tensor,
  { steps = 30, learningRate = 0.2, distance = 0.01, inputRms, seed = 1 }: EmpiricalLipschitzOptions = {},
): number[] {
  if (inputs.rank < 2 || inputs.size === 0) {
    throw new Error(
      `empiricalLipschitz: inputs of shape [${inputs.shape}], expected [batch, ..., features] with an example. ` +
        'Add a batch axis to a single input.',
    );
  }
  return tidy(() => {
    // Inputs of zero have a ball all the same, to look for directions in.
    const ball = inputRms ?? (readNow('empiricalLipschitz', max(tokenRms(inputs)), TAKE_WASM)[0] || 1);
    const step = distance * ball;
    const room = ball - step; // x ± δ stay inside the ball
    let x = clipRms(inputs, room);
    let delta = toRms(randomNormal(inputs.shape, 0, 1, 'float32', seed), step);
    const change = (x: Tensor, delta: Tensor) =>
      div<Tensor>(sub(forward(add(x, delta)), forward(sub(x, delta))), 2 * step);
    let scale = 1; // of gains, so that their squares stay in float32
    const squaredGains = (x: Tensor, delta: Tensor) => tokenSquares(div(change(x, delta), scale));
    // Examples do not depend on each other, so the gradient of a sum has each one's gradient. At first all tokens
    // count, since the one that is ahead need not win; then the best one. Squared, since √ has no slope at 0.
    const climbAll = valueAndGrads((x: Tensor, delta: Tensor) => sum(squaredGains(x, delta)) as Scalar);
    const climbBest = valueAndGrads(
      (x: Tensor, delta: Tensor) => sum(max(squaredGains(x, delta), 1)) as Scalar,
    );

    const best = new Float64Array(inputs.shape[0]);
    for (let i = 0; i <= steps; i++) {
      const found = Array.from(
        readNow(
          'empiricalLipschitz',
          tidy(() => largestTokenRms(change(x, delta))),
          TAKE_WASM,
        ),
      );
      found.forEach((gain, example) => {
        if (!Number.isFinite(gain)) throw new Error(notFinite(gain, example));
        best[example] = Math.max(best[example], gain);
      });
      if (i === steps) break;
      scale = Math.max(...found) || 1;
      const rate = learningRate * ball * 0.1 ** (i / steps);
      const [nextX, nextDelta] = tidy(() => {
        const [gx, gDelta] = (i < steps / 2 ? climbAll : climbBest)([x, delta]).grads;
        return [
          clipRms(add(x, toRms(gx, rate)), room),
          toRms(add(toRms(gDelta, 1), mul(delta, 1e-6 / step)), step),
        ];
      });
      x.dispose();
      delta.dispose();
      [x, delta] = [nextX, nextDelta];
    }
    return [...best];
  });
}

const notFinite = (gain: number, example: number) =>
  `empiricalLipschitz: example ${example} has gain ${gain}, expected a finite one. ` +
  'Look for NaN in the outputs, or shrink the inputs.';
