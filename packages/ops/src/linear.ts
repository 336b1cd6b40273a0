import {
  add,
  customGrad,
  type GradSaveFunc,
  matMul,
  reshape,
  type Tensor,
  type Tensor2D,
  tidy,
  transpose,
  util,
} from '@tensorflow/tfjs-core';

/**
 * A matrix product with the weights of a layer, and its bias.
 *
 *     y = x Wᵀ + b          x [..., in]   W [out, in]   b [out]   y [..., out]
 *
 * The same function as `tf.matMul(x, w, false, true)`, several times faster to train on the wasm
 * backend, where tfjs 4.22 multiplies fast only what is not transposed: forward and both gradients
 * transpose first and multiply then.
 *
 * @param x Inputs, shape `[..., in]`, rank 1 or more.
 * @param weight Shape `[out, in]`, as in PyTorch.
 * @param bias Shape `[out]`, optional.
 * @returns Shape `[..., out]`.
 * @throws If the shapes do not fit.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [outputs, inputs] = weight.shape;
  util.assert(
    weight.rank === 2 && x.rank >= 1 && x.shape[x.rank - 1] === inputs,
    () =>
      `linear: x has shape [${x.shape}] and weight [${weight.shape}], expected [..., in] and [out, in]. ` +
      `Transpose the weight if it is stored as [in, out].`,
  );
  util.assert(
    bias === undefined || (bias.rank === 1 && bias.shape[0] === outputs),
    () => `linear: bias has shape [${bias!.shape}], expected [${outputs}]. Pass one number per output.`,
  );
  return tidy(() => {
    const rows: Tensor2D = reshape(x, [-1, inputs]);
    const y = reshape(product(rows, weight as Tensor2D), [...x.shape.slice(0, -1), outputs]) as Tensor;
    return bias ? add(y, bias) : y;
  });
}

/** x Wᵀ, with every product un-transposed. */
const product = customGrad((...inputs) => {
  const [x, weight, save] = inputs as [Tensor2D, Tensor2D, GradSaveFunc];
  save([x, weight]);
  return {
    value: matMul(x, transpose(weight)),
    gradFunc: (dy, [x, weight]) => [matMul(dy, weight), matMul(transpose(dy), x)],
  };
});
