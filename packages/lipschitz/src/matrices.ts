import { reshape, type Tensor, type Tensor3D, transpose } from '@tensorflow/tfjs-core';

/** How a weight holds its matrix or matrices. */
export interface MatrixOptions {
  /**
   * Which axis of a weight is which: `'outIn'`, [fanOut, fanIn], as in PyTorch and @evenkeel/ops, or `'inOut'`,
   * [fanIn, fanOut], as in tf.layers. Default `'outIn'`.
   */
  layout?: 'outIn' | 'inOut';
  /**
   * Treats a weight as this many matrices of fanOut / heads outputs each, one per attention head. For query, key and
   * value matrices, whose heads are separate linear maps. Default 1.
   */
  heads?: number;
}

/** The matrices in a weight, and the way back. */
export interface Matrices {
  /** [batch, fanOut, fanIn]. */
  readonly matrices: Tensor3D;
  readonly fanOut: number;
  readonly fanIn: number;
  /** √(fanOut / fanIn): a matrix of RMS→RMS norm 1 has this spectral norm. */
  readonly rmsScale: number;
  /** Puts matrices of the same shape back into the weight's shape. */
  readonly restore: (matrices: Tensor) => Tensor;
}

/**
 * Views a weight as a batch of matrices [fanOut, fanIn].
 *
 * A weight of rank 2 is one matrix, of rank 3 a batch of them. One of rank 4 or 5 is the kernel of a convolution and one
 * matrix, [fanOut, rest] with layout `'outIn'` and [rest, fanOut] with `'inOut'`: what a convolution multiplies each
 * patch of its input with. Inside a tidy only.
 *
 * @param where The function that was called, for the error.
 * @throws If the weight has rank 0 or 1, or `heads` does not divide fanOut.
 */
export function matricesOf(
  where: string,
  value: Tensor,
  { layout = 'outIn', heads = 1 }: MatrixOptions = {},
): Matrices {
  if (value.rank < 2) {
    throw new Error(
      `${where}: the weight has shape [${value.shape}], expected a matrix or a batch of matrices. Reshape it.`,
    );
  }
  if (layout !== 'outIn' && layout !== 'inOut') {
    throw new Error(`${where}: layout is '${layout}', expected 'outIn' or 'inOut'.`);
  }
  const isFlipped = layout === 'inOut';
  const { batch, allOut, fanIn } = matrixSizes(value.shape, layout);
  if (!Number.isInteger(heads) || heads < 1 || allOut % heads !== 0) {
    throw new Error(
      `${where}: heads is ${heads} for a weight of shape [${value.shape}], expected a whole number that divides ` +
        `${allOut}, its number of outputs. Use masked(…, select) to pick the query, key and value weights.`,
    );
  }
  const fanOut = allOut / heads;
  const whole = [batch, allOut, fanIn];
  const swap = (tensor: Tensor) => (isFlipped ? transpose(tensor, [0, 2, 1]) : tensor);
  const asMatrices = reshape(value, isFlipped ? [batch, fanIn, allOut] : whole);
  return {
    matrices: reshape(swap(asMatrices), [batch * heads, fanOut, fanIn]),
    fanOut,
    fanIn,
    rmsScale: Math.sqrt(fanOut / fanIn),
    restore: (matrices) => reshape(swap(reshape(matrices, whole)), value.shape),
  };
}

/** How many matrices a weight of that shape holds, and of what size: `allOut` are the outputs of all heads together. */
export function matrixSizes(
  shape: readonly number[],
  layout: 'outIn' | 'inOut',
): { batch: number; allOut: number; fanIn: number } {
  const [batch, axes] = shape.length === 3 ? [shape[0], shape.slice(1)] : [1, shape];
  const [allOut, rest] = layout === 'inOut' ? [axes.at(-1)!, axes.slice(0, -1)] : [axes[0], axes.slice(1)];
  return { batch, allOut, fanIn: rest.reduce((product, length) => product * length, 1) };
}
