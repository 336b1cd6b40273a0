import {
  causalAttention,
  gelu,
  layerNorm,
  linear,
  maxMin,
  rmsNorm,
  rotaryEmbedding,
  silu,
} from '@evenkeel/ops';
import * as tf from '@tensorflow/tfjs';

/** What a random operation is made of: numbers in lists, which its choices are taken from one after the other. */
export class Choices {
  private sizeAt = 0;
  private pickAt = 0;
  constructor(
    private readonly sizes: readonly number[],
    private readonly picks: readonly number[],
  ) {}

  size(): number {
    return this.sizes[this.sizeAt++ % this.sizes.length];
  }

  shape(rank: number): number[] {
    return Array.from({ length: rank }, () => this.size());
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  below(end: number): number {
    return this.picks[this.pickAt++ % this.picks.length] % Math.max(1, end);
  }

  get flag(): boolean {
    return this.below(2) === 1;
  }
}

type DType = 'float32' | 'int32' | 'bool';

/** An operation on inputs of these shapes. */
export interface Operation {
  readonly shapes: readonly number[][];
  /** Default float32, of which alone there are gradients. */
  readonly dtypes?: readonly DType[];
  /** The largest whole number of an input of whole numbers, and one. Default 5. */
  readonly end?: number;
  /** Whether tfjs has a gradient of it. Default true. */
  readonly hasGradient?: boolean;
  readonly compute: (...inputs: tf.Tensor[]) => tf.Tensor;
}

/** What other dtypes do is left to tfjs where it is not named here. */
const DTYPES: readonly DType[] = ['float32', 'float32', 'int32', 'bool'];
const unary = [
  tf.exp,
  tf.expm1,
  tf.log1p,
  tf.tanh,
  tf.erf,
  tf.softplus,
  tf.sigmoid,
  tf.neg,
  tf.square,
  tf.abs,
  tf.relu,
  tf.elu,
];
const binary = [tf.add, tf.sub, tf.mul, tf.maximum, tf.minimum];
const comparing = [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual];
const reductions = [tf.sum, tf.mean, tf.max, tf.min];

/** Two shapes that broadcast. */
function broadcasting(c: Choices): number[][] {
  const shape = c.shape(c.below(4) + 1);
  const [a, b] = [shape, shape].map((list) => list.map((size) => (c.below(3) === 0 ? 1 : size)));
  return [a, b.slice(c.below(b.length + 1))];
}

/** Less than a window, so that none lies outside of the image: of such a one tfjs says nothing. */
function pads(c: Choices, [height, width]: readonly number[]) {
  const [rows, columns] = [height, width].map((size) => [c.below(size), c.below(size)] as [number, number]);
  return c.of<'same' | 'valid' | number | tf.backend_util.ExplicitPadding>([
    'same',
    'valid',
    c.below(Math.min(height, width)),
    [[0, 0], rows, columns, [0, 0]],
  ]);
}
const pair = (c: Choices, end: number): [number, number] => [c.below(end) + 1, c.below(end) + 1];

/** Each of the kinds of kernels that @evenkeel/wasm-kernels replaces or adds. */
export const OPERATIONS: Readonly<Record<string, (c: Choices) => Operation>> = {
  matMul(c) {
    const [m, k, n, batch] = c.shape(4);
    const [ta, tb] = [c.flag, c.flag];
    const shapes = [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]].map((shape) =>
      c.flag ? [c.of([1, batch]), ...shape] : shape,
    );
    return { shapes, compute: (a, b) => tf.matMul(a, b, ta, tb) };
  },
  fusedMatMul(c) {
    const [m, k, n] = c.shape(3);
    const activation = c.of(['linear', 'relu', 'elu', 'relu6', 'sigmoid'] as const);
    return {
      shapes: [[m, k], [k, n], [n]],
      compute: (a, b, bias) =>
        tf.fused.matMul({ a, b, bias, activation } as Parameters<typeof tf.fused.matMul>[0]),
    };
  },
  unary: (c) => {
    const f = c.of<(x: tf.Tensor) => tf.Tensor>(unary);
    return { shapes: [c.shape(c.below(4))], compute: (x) => f(x) };
  },
  binary(c) {
    const f = c.of<(a: tf.Tensor, b: tf.Tensor) => tf.Tensor>(binary);
    const hasGradient = f !== tf.maximum && f !== tf.minimum; // tfjs's has the wrong shape after a broadcast
    return { shapes: broadcasting(c), hasGradient, compute: (a, b) => f(a, b) };
  },
  compare(c) {
    const f = c.of<(a: tf.Tensor, b: tf.Tensor) => tf.Tensor>(comparing);
    return { shapes: broadcasting(c), compute: (a, b) => f(a, b) };
  },
  pow(c) {
    const exponent = c.of([2, 3, 4, -1, -2, 0.5, 0, 1]);
    return { shapes: [c.shape(c.below(3) + 1)], compute: (x) => tf.pow(tf.add(tf.abs(x), 0.5), exponent) };
  },
  reduce(c) {
    const shape = c.shape(c.below(4) + 1);
    const f = c.of<(x: tf.Tensor, axes?: number[], keep?: boolean) => tf.Tensor>(reductions);
    const axes = c.flag ? undefined : shape.map((_, axis) => axis).filter(() => c.flag);
    const keep = c.flag;
    if (f !== tf.sum) for (const axis of shape.keys()) shape[axis] = Math.max(1, shape[axis]); // of nothing cpu says something else
    return { shapes: [shape], compute: (x) => f(x, axes, keep) };
  },
  where(c) {
    const [a, b] = broadcasting(c);
    const dtype = c.of(DTYPES);
    return {
      shapes: [a, a, b],
      dtypes: ['bool', dtype, c.flag ? dtype : c.of(DTYPES)],
      hasGradient: tf.util.arraysEqual(a, b), // tfjs's has the wrong shape after a broadcast
      compute: (condition, x, y) => tf.where(condition, x, y),
    };
  },
  slice(c) {
    const shape = c.shape(c.below(4) + 1);
    const begin = shape.map((size) => c.below(size));
    const size = shape.map((size, axis) => c.below(size - begin[axis] + 1));
    return { shapes: [shape], dtypes: [c.of(DTYPES)], compute: (x) => tf.slice(x, begin, size) };
  },
  split(c) {
    const [rows, columns] = c.shape(2);
    const first = c.below(columns + 1);
    return {
      shapes: [[rows, columns]],
      compute: (x) => tf.concat(tf.split(x, [first, columns - first], 1).reverse(), 1),
    };
  },
  gather(c) {
    const shape = c.shape(c.below(3) + 1);
    const axis = c.below(shape.length);
    return {
      ...{ shapes: [shape, c.shape(c.below(2) + 1)], dtypes: ['float32', 'int32'], end: shape[axis] },
      compute: (x, indices) => tf.gather(x, indices as tf.Tensor1D, axis),
    };
  },
  segmentSum(c) {
    const [rows, columns, segments] = c.shape(3);
    return {
      ...{ shapes: [[rows, columns], [rows]], dtypes: ['float32', 'int32'], end: segments },
      compute: (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, segments),
    };
  },
  move(c) {
    const shape = c.shape(c.below(4) + 1);
    const order = shape
      .map((_, axis) => [c.below(9), axis])
      .sort(([a], [b]) => a - b)
      .map(([, axis]) => axis);
    const repeats = shape.map(() => c.below(3) + 1);
    const axes = shape.map((_, axis) => axis).filter(() => c.flag);
    const f = c.of<(x: tf.Tensor) => tf.Tensor>([
      (x) => tf.transpose(x, order),
      (x) => tf.tile(x, repeats),
      (x) => tf.reverse(x, axes),
      (x) =>
        tf.pad(
          x,
          repeats.map((n) => [n - 1, n]),
        ),
      (x) => tf.clone(x),
    ]);
    return { shapes: [shape], dtypes: [c.of(DTYPES)], compute: f };
  },
  einsum: (c) => {
    const [a, b, d] = c.shape(3);
    const [equation, ...shapes] = c.of<[string, ...number[][]]>([
      ['ij,jk->ik', [a, b], [b, d]],
      ['ij,kj->ki', [a, b], [d, b]],
      ['bij,bj->bi', [a, b, d], [a, d]],
      ['ij->ji', [a, b]],
    ]);
    return { shapes, hasGradient: false, compute: (...inputs) => tf.einsum(equation, ...inputs) };
  },
  convolution(c) {
    const [x, filter] = [[c.below(2) + 1, c.below(9) + 1, c.below(9) + 1, c.below(5) + 1], pair(c, 3)];
    const [pad, strides] = [pads(c, filter), pair(c, 3)];
    return {
      shapes: [x, [...filter, x[3], c.below(5) + 1]],
      compute: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad),
    };
  },
  depthwise(c) {
    const [x, filter] = [[c.below(2) + 1, c.below(9) + 1, c.below(9) + 1, c.below(5) + 1], pair(c, 3)];
    const [pad, strides] = [pads(c, filter), pair(c, 3)];
    return {
      shapes: [x, [...filter, x[3], c.below(2) + 1]],
      compute: (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad),
    };
  },
  pool(c) {
    const [size, strides] = [pair(c, 3), pair(c, 3)];
    const pad = pads(c, size);
    const pool = c.of([tf.maxPool, tf.avgPool]);
    return {
      shapes: [[c.below(2) + 1, c.below(9) + 1, c.below(9) + 1, c.below(5) + 1]],
      compute: (x) => pool(x as tf.Tensor4D, size, strides, pad),
    };
  },
  activation: (c) => {
    const f = c.of<(x: tf.Tensor) => tf.Tensor>([gelu, (x) => gelu(x, { approximate: 'tanh' }), silu]);
    return { shapes: [c.shape(c.below(3) + 1)], compute: (x) => f(x) };
  },
  maxMin: (c) => ({ shapes: [[c.size(), 2 * c.size()]], compute: (x) => maxMin(x) }),
  norm(c) {
    const [rows, width] = c.shape(2);
    const f = c.of<(x: tf.Tensor, gain: tf.Tensor) => tf.Tensor>([
      (x, gain) => layerNorm(x, gain),
      (x, gain) => rmsNorm(x, gain),
    ]);
    return { shapes: [[rows, width], [width]], compute: f };
  },
  linear(c) {
    const [rows, input, output] = c.shape(3);
    return { shapes: [[rows, input], [output, input], [output]], compute: (x, w, b) => linear(x, w, b) };
  },
  rotary: (c) => ({
    shapes: [[c.size(), c.size(), 2 * (c.below(4) + 1)]],
    compute: (x) => rotaryEmbedding(x),
  }),
  attention(c) {
    const [batch, heads, time, size] = [c.below(2) + 1, c.below(3) + 1, c.size(), c.below(9) + 1];
    const shape = [batch, heads, time, size];
    return { shapes: [shape, shape, shape], compute: (q, k, v) => causalAttention(q, k, v) };
  },
};
