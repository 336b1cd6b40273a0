import {
  BatchMatMul,
  type GradConfig,
  getGradient,
  registerGradient,
  reshape,
  sum,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs-core';

/**
 * Repairs the gradient of matMul where one factor was repeated for the matrices of a batch.
 *
 *     C_i = A_i B  ⇒  ∂L/∂B = Σᵢ Aᵢᵀ ∂L/∂Cᵢ
 *
 * tfjs 4.22 leaves out the sum over i, so that the gradient has the shape of C's batch
 * (https://github.com/tensorflow/tfjs/issues/8721). tfjs keeps one gradient for all backends: it
 * is right on all of them.
 *
 * @returns A function that restores tfjs's own gradient.
 */
export function repairMatMulGradient(): () => void {
  const stock = getGradient(BatchMatMul);
  if (!stock) return () => {}; // tfjs-core alone: there are no gradients to repair
  const repaired: GradConfig = {
    ...stock,
    gradFunc: (dy, saved, attrs) => {
      const [a, b] = saved;
      const gradients = stock.gradFunc(dy, saved, attrs);
      return { a: () => sumToShape(gradients.a(), a.shape), b: () => sumToShape(gradients.b(), b.shape) };
    },
  };
  replaceGradient(repaired);
  return () => {
    if (getGradient(BatchMatMul) === repaired) replaceGradient(stock);
  };
}

function replaceGradient(config: GradConfig): void {
  unregisterGradient(BatchMatMul);
  registerGradient(config);
}

/** Sums over the leading axes that broadcasting added to `shape` or stretched. */
function sumToShape(x: Tensor, shape: number[]): Tensor {
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((size, axis) => {
    const original = axis < added ? 1 : shape[axis - added];
    return original === 1 && (size !== 1 || axis < added) ? axis : [];
  });
  return axes.length === 0 ? x : reshape(sum(x, axes), shape);
}
