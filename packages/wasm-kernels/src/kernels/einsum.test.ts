import { expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels } from '../../test/describe-kernels.js';
import { onCpu, wholeNumbers } from '../../test/reference.js';

const sizes: Record<string, number> = { a: 2, b: 3, c: 4, d: 5, e: 1 };

describeKernels('Einsum', () => {
  it.each([
    'ab->ab',
    'ab->ba',
    'ab->a',
    'abc->b',
    'ab,bc->ac',
    'ba,bc->ca',
    'abc,acd->abd',
    'abc,abd->acd',
    'ac,b->abc',
    'abc,c->ab',
    'abc,cd->bda',
    'ab,ab->ab',
    'ab,ab->',
    'abcd,bc->ad',
    'abe,ec->acb',
  ])('%s equals the cpu backend and leaves nothing behind', (equation) => {
    const inputs = equation
      .split('->')[0]
      .split(',')
      .map((letters, i) =>
        wholeNumbers(
          [...letters].map((l) => sizes[l]),
          i,
        ),
      );
    const f = (...tensors: tf.Tensor[]) => tf.einsum(equation, ...tensors);
    const before = inputs.map((x) => x.dataSync());
    tf.dispose(f(...inputs));
    const { numTensors, numDataBuffers } = tf.memory();
    const y = f(...inputs);
    expectClose(y, onCpu(inputs, f), 0);
    y.dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    inputs.forEach((x, i) => {
      expectClose(x, before[i], 0);
    });
  });

  it('keeps the errors of tfjs', () => {
    expect(() => tf.einsum('ab,bc->ac', tf.ones([2, 3]), tf.ones([4, 2]))).toThrow();
    expect(() => tf.einsum('ab,bc,cd->ad', tf.ones([2, 2]), tf.ones([2, 2]), tf.ones([2, 2]))).toThrow(
      'not implemented',
    );
  });
});
