import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';

/**
 * Checks an input of a kernel of ours, which would otherwise write past the end of tfjs's tensors.
 *
 * @param shape What it must be; any shape if left out.
 * @throws If the input is missing, or its dtype or shape is another.
 */
export function checkInput(
  kernel: string,
  inputs: Record<string, TensorInfo>,
  name: string,
  shape?: number[],
  dtype: DataType = 'float32',
): TensorInfo {
  const input = inputs[name];
  const fits = input?.dtype === dtype && (!shape || util.arraysEqual(input.shape, shape));
  if (fits) return input;
  const came = input ? `${input.dtype} [${input.shape}]` : 'missing';
  const expected = shape ? `${dtype} [${shape}]` : dtype;
  throw new Error(`${kernel}: input '${name}' is ${came}, expected ${expected}. Pass one of that kind.`);
}

/** Checks a numeric attribute; NaN and undefined are errors. */
export function numberAttr(
  kernel: string,
  attrs: Record<string, unknown>,
  name: string,
  fallback?: number,
): number {
  const value = attrs[name] ?? fallback;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw new Error(`${kernel}: attribute '${name}' is ${String(value)}, expected a number. Pass it.`);
}
