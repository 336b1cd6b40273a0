import { KERNELS } from '@evenkeel/ops';
import * as tf from '@tensorflow/tfjs';

/** What one call of a kernel had to do, from the shapes it saw. */
export interface Arithmetic {
  /** Multiplications and additions of matrix products; 0 for kernels that have none. */
  flop: number;
  /** Size of all inputs and outputs: what must pass through memory at least. */
  bytes: number;
}

/** Counts the work of one call; every number takes four bytes. */
export function arithmetic(
  { kernelName, inputs, attrs }: Parameters<tf.KernelFunc>[0] & { kernelName: string },
  outputs: tf.TensorInfo | tf.TensorInfo[],
): Arithmetic {
  const ins = Object.values(inputs).flat().filter(Boolean) as tf.TensorInfo[];
  const outs = [outputs].flat();
  const numbers = [...ins, ...outs].reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  return { flop: FLOP[kernelName]?.(inputs, outs, attrs) ?? 0, bytes: 4 * numbers };
}

type Flop = (
  inputs: tf.NamedTensorInfoMap,
  outputs: tf.TensorInfo[],
  attrs: tf.NamedAttrMap | undefined,
) => number;

const size = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape);

/** Visible pairs of query and key times the width of a head, all heads. */
const pairs = ({ q, k }: tf.NamedTensorInfoMap): number => (size(q!) * (k!.shape[2] + 1)) / 2;

const FLOP: Readonly<Record<string, Flop>> = {
  BatchMatMul: ({ a }, [out], attrs) => 2 * size(out) * a!.shape.at(attrs?.transposeA ? -2 : -1)!,
  [KERNELS.linear]: ({ weight }, [out]) => 2 * size(out) * weight!.shape[1],
  [KERNELS.linearGrad]: ({ dy, weight }) => 4 * size(dy!) * weight!.shape[1],
  [KERNELS.causalAttention]: (inputs) => 4 * pairs(inputs),
  [KERNELS.causalAttentionGrad]: (inputs) => 10 * pairs(inputs),
};
