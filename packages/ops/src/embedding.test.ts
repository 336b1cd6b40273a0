import { embedding } from '@evenkeel/ops';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectGradientsMatchDifferences, expectSameFunction, random } from '../test/expect-same-function.js';

const ids = (values: number[], shape: number[] = [values.length]) => tf.tensor(values, shape, 'int32');

describeOnBackends('embedding', (backend) => {
  it('looks up one row per id and adds each row’s gradients up', () => {
    const table = tf.tensor2d([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: rows
    expectClose(embedding(table, ids([2, 0, 2])), [5, 6, 1, 2, 5, 6], 0);
    const gradient = tf.grad((table) => tf.mul(embedding(table, ids([2, 0, 2])), [[1], [10], [100]]))(table);
    expectClose(gradient, [10, 10, 0, 0, 101, 101], 0);
  });

  it('equals a product with one-hot rows, forward and backward, for any sizes', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }), // tf.oneHot refuses a depth of 1
        size,
        fc.array(size, { maxLength: 2 }),
        fc.nat(),
        (vocabulary, features, shape, seed) => {
          tf.tidy(() => {
            const tokens = tf.randomUniform(shape, 0, vocabulary, 'int32', seed);
            expectSameFunction(
              (table) => embedding(table, tokens),
              (table) => {
                const onehot = tf.oneHot(tf.reshape(tokens, [-1]), vocabulary);
                const rows = tf.matMul(tf.cast(onehot, 'float32') as tf.Tensor2D, table as tf.Tensor2D);
                return tf.reshape(rows, [...shape, features]);
              },
              [random([vocabulary, features], seed)],
            );
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has the gradient of central differences, and a second derivative', () => {
    const tokens = ids([1, 0, 1, 1], [2, 2]);
    const table = random([3, 2], 1);
    expectGradientsMatchDifferences((table) => embedding(table, tokens), [table]);
    const squared = (table: tf.Tensor) => tf.sum(tf.square(embedding(table, tokens)));
    const curvature = tf.grad((table) => tf.sum(tf.grad(squared)(table)));
    expectClose(curvature(table), [2, 2, 6, 6, 0, 0], 1e-5);
  });

  it('trains a variable with ids that are gone before the backward pass', () => {
    const table = tf.variable(tf.ones([2, 1]));
    const { value, grads } = tf.variableGrads(() => tf.sum(embedding(table, ids([1, 1]))));
    expectClose(value, 2, 0);
    expectClose(grads[table.name], [0, 2], 0);
  });

  it('has a table of one row', () => {
    expectClose(tf.grad((table) => embedding(table, ids([0, 0])))(tf.zeros([1, 2])), [2, 2], 0);
  });

  it('keeps NaN in the rows it is in', () => {
    const table = tf.tensor2d([[Number.NaN], [1]]);
    expectClose(embedding(table, ids([0, 1])), [Number.NaN, 1], 0);
  });

  it('refuses shapes, dtypes and ids that do not fit', () => {
    const table = tf.zeros([3, 2]);
    expect(() => embedding(table, tf.tensor1d([1]))).toThrow(
      'embedding: ids has dtype float32, expected int32.',
    );
    expect(() => embedding(tf.zeros([3]), ids([1]))).toThrow(
      'embedding: table has shape [3], expected [vocabulary, features].',
    );
    if (!['cpu', 'wasm'].includes(backend)) return;
    expect(() => embedding(table, ids([0, 3]))).toThrow('embedding: ids contains 3, expected 0 to 2.');
    expect(() => embedding(table, ids([-1]))).toThrow('embedding: ids contains -1, expected 0 to 2.');
  });
});
