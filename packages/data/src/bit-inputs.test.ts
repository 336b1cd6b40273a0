import { bitInputs, modularArithmetic, sparseParity } from '@evenkeel/data';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import { expect, it } from 'vitest';

describeOnBackends('bitInputs', () => {
  it('has one column per bit', () => {
    const task = sparseParity({ bits: 5, examples: 6 });
    const x = bitInputs(task);
    expect([x.shape, x.dtype]).toEqual([[6, 5], 'float32']);
    expectClose(x, task.inputs, 0);
  });

  it('refuses inputs that are no bits', () => {
    expect(() => bitInputs(modularArithmetic({ modulus: 3 }))).toThrow(
      'bitInputs: examples.values is 3, expected 2. Use oneHotInputs for larger numbers.',
    );
  });
});
