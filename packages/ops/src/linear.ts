import {
  add,
  matMul,
  reshape,
  type Tensor,
  type Tensor2D,
  transpose,
  util,
  zeros,
} from '@tensorflow/tfjs-core';
import { columnSums } from './column-sums.js';
import { isConstant } from './constant.js';
import { KERNELS } from './kernel-names.js';
import { kernelOr } from './kernel-or.js';
import { requireFloat } from './require-float.js';
import { rows } from './rows.js';
import { withGradient } from './with-gradient.js';

/**
 * A matrix product with the weights of a layer, and its bias.
 *
 *     y = x Wᵀ + b          x [..., in]   W [out, in]   b [out]   y [..., out]
 *
 * The same function as `tf.matMul(x, w, false, true)`, several times faster to train on the wasm
 * backend, where tfjs 4.22 multiplies fast only what is not transposed: forward and both gradients
 * transpose first and multiply then.
 *
 * Of a weight that is a {@link constant}, or a variable that is not trainable, no gradient is computed: it is as much work as
 * that of x.
 *
 * @param x Inputs, shape `[..., in]`, rank 1 or more.
 * @param weight Shape `[out, in]`, as in PyTorch.
 * @param bias Shape `[out]`, optional.
 * @returns Shape `[..., out]`.
 * @throws If the shapes do not fit, or a dtype is not float32.
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
  requireFloat('linear', { x, weight, bias });
  if (isConstant(weight)) return throughConstant(x, weight, bias);
  return withGradient(
    bias ? [x, weight, bias] : [x, weight],
    () => ({
      value: kernelOr(KERNELS.linear, { x, weight, bias }, {}, () => product(x, weight, bias)),
      save: [x, weight],
    }),
    (dy, [x, weight]) =>
      kernelOr(KERNELS.linearGrad, { dy, x, weight }, {}, () => gradients(dy, x, weight)).slice(
        0,
        bias ? 3 : 2,
      ),
  );
}

/** The gradient in x and the bias alone. */
function throughConstant(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return withGradient(
    bias ? [x, bias] : [x],
    () => ({
      value: kernelOr(KERNELS.linear, { x, weight, bias }, {}, () => product(x, weight, bias)),
      save: [x, weight],
    }),
    (dy, [x, weight]) => {
      const dyRows = rows(dy);
      const dx = reshape(productOf(dyRows, weight as Tensor2D), x.shape);
      return bias ? [dx, columnSums(dyRows)] : [dx];
    },
  );
}

function product(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = productOf(rows(x), transpose(weight as Tensor2D));
  return reshape(bias ? add(y, bias) : y, [...x.shape.slice(0, -1), weight.shape[0]]);
}

/** dx = dy W, dW = dyᵀ x, db = Σ dy, with every product un-transposed. */
function gradients(dy: Tensor, x: Tensor, weight: Tensor): Tensor[] {
  const dyRows = rows(dy);
  return [
    reshape(productOf(dyRows, weight as Tensor2D), x.shape),
    productOf(transpose(dyRows), rows(x)),
    columnSums(dyRows),
  ];
}

/** A product that may have no rows, no columns or nothing to sum: tfjs 4.22 leaves memory uninitialised there on wasm. */
const productOf = (a: Tensor2D, b: Tensor2D): Tensor2D =>
  a.size === 0 || b.size === 0 ? zeros([a.shape[0], b.shape[1]]) : matMul(a, b);
