import {
  LogicalAnd,
  Select,
  type TensorInfo,
  type TypedArray,
  upcastType,
  util,
} from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';

/**
 * `tf.where`, whose condition tfjs broadcasts to the shape of both branches. tfjs's own kernel takes any branch for
 * numbers of four bytes and any shape for that of the first branch: with branches of bool, of two types, or of which one
 * is empty it gives wrong values and writes past the end of the result.
 */
export const select: Kernel = {
  name: Select,
  attrs: [],
  run(call) {
    const { backend, functions, offset, stock } = call;
    const { condition, t, e } = call.inputs;
    if ([condition, t, e].some(({ dtype }) => !(dtype in VIEWS))) return stock();
    const isSimple =
      condition.dtype === 'bool' &&
      t.dtype === e.dtype &&
      util.arraysEqual(condition.shape, t.shape) &&
      util.arraysEqual(t.shape, e.shape);
    if (!isSimple) return selectAny(call);
    const out = backend.makeOutput(t.shape, t.dtype);
    const run = t.dtype === 'bool' ? functions.selectBytes : functions.select;
    run(offset(condition), offset(t), offset(e), offset(out), util.sizeFromShape(t.shape));
    return out;
  },
};

const VIEWS: Record<string, new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray> = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
};

/** Any other case, as the cpu backend has it: of an empty branch NaN, 0 or false, for an empty condition zeros. */
function selectAny({ inputs, backend, offset }: Call): TensorInfo {
  const { condition, t, e } = inputs;
  const out = backend.makeOutput(t.shape, upcastType(t.dtype, e.dtype));
  const [c, x, y, z] = [condition, t, e, out].map(
    (tensor) =>
      new VIEWS[tensor.dtype](
        ...([backend.wasm.HEAPU8.buffer, offset(tensor), util.sizeFromShape(tensor.shape)] as const),
      ),
  );
  // A condition of one axis may decide over whole rows.
  const decides =
    condition.shape.length === 1 && t.shape.length > 1 ? util.sizeFromShape(t.shape.slice(1)) : 1;
  z.fill(0);
  const count = Math.min(z.length, c.length * decides);
  for (let i = 0; i < count; i++) z[i] = c[Math.floor(i / decides)] ? x[i] : y[i];
  return out;
}

/** `tf.logicalAnd` of tensors of one shape: part of the gradient of `tf.clipByValue`. */
export const logicalAnd: Kernel = {
  name: LogicalAnd,
  attrs: [],
  run({ inputs: { a, b }, backend, functions, offset, stock }) {
    if (a.dtype !== 'bool' || b.dtype !== 'bool' || !util.arraysEqual(a.shape, b.shape)) return stock();
    const out = backend.makeOutput(a.shape, 'bool');
    functions.logicalAnd(offset(a), offset(b), offset(out), util.sizeFromShape(a.shape));
    return out;
  },
};
