import { labelTensor, modularArithmetic, oneHotLabels } from '@evenkeel/data';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import { expect, it } from 'vitest';

const products = () => modularArithmetic({ modulus: 3, operation: 'multiply' });

describeOnBackends('labelTensor', () => {
  it('holds one class id per example', () => {
    const labels = labelTensor(products());
    expect([labels.shape, labels.dtype]).toEqual([[9], 'int32']);
    expectClose(labels, [0, 0, 0, 0, 1, 2, 0, 2, 1], 0);
  });

  it('does not change when the array it came from does', () => {
    const examples = products();
    const labels = labelTensor(examples);
    examples.labels.fill(2);
    expectClose(labels, [0, 0, 0, 0, 1, 2, 0, 2, 1], 0);
  });
});

describeOnBackends('oneHotLabels', () => {
  it('holds a single 1 per example', () => {
    const labels = oneHotLabels(modularArithmetic({ modulus: 2 }));
    expect([labels.shape, labels.dtype]).toEqual([[4, 2], 'float32']);
    expectClose(labels, [1, 0, 0, 1, 0, 1, 1, 0], 0);
  });

  it('refuses what would not fit into memory', () => {
    expect(() => oneHotLabels(modularArithmetic({ modulus: 700 }))).toThrow(
      'oneHotLabels: the result would have shape [490000,700], expected at most 268435456 numbers. ' +
        'Take part of them with selectExamples, or labelTensor.',
    );
  });
});
