import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu } from '../../test/reference.js';

type Type = 'float32' | 'int32' | 'bool';
const types = fc.constantFrom<Type>('float32', 'int32', 'bool');
const shapes = fc.array(fc.constantFrom(0, 1, 2, 3, 5, 17), { maxLength: 3 });
/** Part of the shape: some axes of size 1, some leading ones left out. */
const within = (shape: number[]) =>
  fc
    .tuple(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), fc.nat(shape.length))
    .map(([single, from]) => shape.map((size, axis) => (single[axis] ? 1 : size)).slice(from));

function values(shape: number[], dtype: Type, seed: number): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i + seed) * 7919) % 13);
  return tf.tensor(
    numbers.map((x) => (dtype === 'bool' ? x % 2 : dtype === 'int32' ? x : x + 0.5)),
    shape,
    dtype,
  );
}

describeKernels('tf.where', () => {
  it('equals the cpu backend for branches of any type and shape, empty ones too', () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(within(shape), within(shape), within(shape), types, types, fc.nat(50)),
    );
    fc.assert(
      fc.property(cases, ([conditionShape, tShape, eShape, tType, eType, seed]) => {
        tf.tidy(() => {
          const inputs = [
            values(conditionShape, 'bool', seed),
            values(tShape, tType, seed + 1),
            values(eShape, eType, seed + 2),
          ];
          const f = (condition: tf.Tensor, t: tf.Tensor, e: tf.Tensor) => tf.where(condition, t, e);
          const [dtype, shape] = [f(inputs[0], inputs[1], inputs[2])].flatMap((y) => [y.dtype, y.shape]);
          const expected = onCpu(inputs, f);
          expect(dtype).toBe(tf.upcastType(tType, eType));
          expect(tf.util.sizeFromShape(shape as number[])).toBe(expected.length);
          expect(Array.from(f(inputs[0], inputs[1], inputs[2]).dataSync())).toEqual(Array.from(expected));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('writes nothing past the end of boolean and empty results', () => {
    const guards = Array.from({ length: 50 }, (_, i) => values([i + 1], 'float32', i));
    const before = guards.map((guard) => Array.from(guard.dataSync()));
    for (const size of [1, 7, 100, 1001]) {
      tf.tidy(() => {
        const condition = values([size], 'bool', 1);
        tf.where(condition, values([size], 'bool', 2), values([size], 'bool', 3));
        tf.where(values([size, 1], 'bool', 1), tf.zeros([size, 0]), tf.zeros([1, 1]));
        guards.push(values([size], 'float32', 4).clone());
      });
    }
    expect(guards.slice(0, 50).map((guard) => Array.from(guard.dataSync()))).toEqual(before);
  });

  it('lets a condition of one axis decide over rows', () => {
    const run = (dtype: Type) =>
      tf.engine().runKernel('Select', {
        condition: tf.tensor1d([1, 0], 'bool'),
        t: tf.ones([2, 3], dtype),
        e: tf.zeros([2, 3], dtype),
      }) as tf.Tensor;
    for (const dtype of ['float32', 'bool'] as const) {
      expect(Array.from(run(dtype).dataSync())).toEqual([1, 1, 1, 0, 0, 0]);
    }
  });
});
