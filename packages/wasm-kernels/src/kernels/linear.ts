import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { Linear, LinearGrad } from '../kernel-names.js';
import { checkInput } from './check-input.js';
import { matMul } from './mat-mul.js';

/** The last axis as columns, all others as rows. Shares the tensor's memory. */
function asMatrix(tensor: TensorInfo): TensorInfo {
  const columns = tensor.shape[tensor.shape.length - 1];
  return { ...tensor, shape: [util.sizeFromShape(tensor.shape.slice(0, -1)), columns] };
}

const product = (call: Call, a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean) =>
  matMul({ ...call, inputs: { a, b } }, transposeA, transposeB);

function checkWeight(name: string, { inputs }: Call) {
  const weight = checkInput(name, inputs, 'weight');
  const x = checkInput(name, inputs, 'x');
  const [outputs, columns] = weight.shape;
  if (weight.shape.length !== 2 || x.shape[x.shape.length - 1] !== columns) {
    throw new Error(
      `${name}: x has shape [${x.shape}] and weight [${weight.shape}], expected [..., in] and [out, in]. Transpose one.`,
    );
  }
  return { x, weight, outputs };
}

/** y = x Wᵀ + b in one pass, without transposing the weight. */
export const linear: Kernel = {
  name: Linear,
  attrs: [],
  run(call) {
    const { x, weight, outputs } = checkWeight(Linear, call);
    const bias = call.inputs.bias && checkInput(Linear, call.inputs, 'bias', [outputs]);
    const y = matMul({ ...call, inputs: { a: asMatrix(x), b: weight } }, false, true, { bias });
    return { ...y, shape: [...x.shape.slice(0, -1), outputs] };
  },
};

/** dx = dy W, dW = dyᵀ x, db = Σ dy over the rows. */
export const linearGrad: Kernel = {
  name: LinearGrad,
  attrs: [],
  run(call) {
    const { x, weight, outputs } = checkWeight(LinearGrad, call);
    const dy = asMatrix(checkInput(LinearGrad, call.inputs, 'dy', [...x.shape.slice(0, -1), outputs]));
    const dx = { ...product(call, dy, weight, false, false), shape: x.shape };
    const dWeight = product(call, dy, asMatrix(x), true, false);
    const dBias = call.backend.makeOutput([outputs], 'float32');
    call.functions.sumAxis(call.offset(dy), call.offset(dBias), 1, dy.shape[0], outputs, 1);
    return [dx, dWeight, dBias];
  },
};
