import { isConstant } from '@evenkeel/ops';
import { customGrad, engine, type GradSaveFunc, grads, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Weights } from './weights.js';

/**
 * Runs a part of a model without keeping what its gradient needs, and runs it again when the gradient asks.
 *
 * Only `x` is kept for the backward pass. The weights are inputs of the op, so that `tf.variableGrads` finds
 * the way to them; they must be alive and unchanged until then, as variables are. Variables that are not trainable
 * are constants.
 *
 * @param f Must give the same value each time: seed what is random.
 * @see Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016. https://arxiv.org/abs/1604.06174
 */
export function checkpointed(
  f: (x: Tensor, weights: Weights) => Tensor,
  x: Tensor,
  weights: Weights,
): Tensor {
  const names = Object.keys(weights).filter((name) => !isConstant(weights[name]));
  const run = (x: Tensor, ...values: Tensor[]) =>
    f(x, { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) });

  const values = names.map((name) => weights[name]);

  const op = customGrad((...args) => {
    const [x, save] = [args[0] as Tensor, args[names.length + 1] as unknown as GradSaveFunc];
    save([x]);
    return {
      value: run(x, ...values),
      gradFunc: (dy, [x]) => tidy(() => withOwnTape(() => grads(run)([x, ...values], dy))),
    };
  });
  return op(x, ...values);
}

/**
 * Lets a gradient be taken inside of a gradient function. tfjs 4.22 starts a new tape there in the place of
 * the one it is still reading, and then cannot free that one.
 */
function withOwnTape<T>(gradient: () => T): T {
  const { state } = engine();
  const { activeTape } = state;
  try {
    return gradient();
  } finally {
    state.activeTape = activeTape;
  }
}
