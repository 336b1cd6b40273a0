import {
  type Examples,
  labelTensor,
  modularArithmetic,
  sparseParity,
  type TokenTargetsOptions,
  tokenSequences,
  tokenTargets,
  vocabulary,
} from '@evenkeel/data';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';

const pairs = modularArithmetic({ modulus: 2 });
const bits = sparseParity({ bits: 3, examples: 4 });
/** A task of one's own: compositions of three things, with more labels than inputs. */
const own: Examples = {
  inputs: Int32Array.of(0, 1, 1, 1, 0, 0),
  labels: Int32Array.of(3, 0),
  ...{ size: 2, width: 3, values: 2, classes: 4, operator: '∘' },
};

describe('vocabulary', () => {
  it('lists the numbers, the operator and the equals sign, p + 2 for pairs mod p', () => {
    expect(vocabulary(modularArithmetic({ modulus: 3 }))).toEqual(['0', '1', '2', '+', '=']);
    expect(vocabulary(modularArithmetic({ modulus: 3, operation: 'divide' }))).toEqual([
      '0',
      '1',
      '2',
      '/',
      '=',
    ]);
    expect(vocabulary(modularArithmetic())).toHaveLength(115);
  });

  it('needs no operator for parity', () => {
    expect(vocabulary(bits)).toEqual(['0', '1', '=']);
  });

  it('has a token for every label, also where there are more labels than inputs', () => {
    expect(vocabulary(own)).toEqual(['0', '1', '2', '3', '∘', '=']);
  });
});

describeOnBackends('tokenSequences', () => {
  it('writes pairs as a + b =', () => {
    const tokens = tokenSequences(pairs);
    expect([tokens.shape, tokens.dtype]).toEqual([[4, 4], 'int32']);
    expect(tokens.arraySync()).toEqual([
      [0, 2, 0, 3],
      [0, 2, 1, 3],
      [1, 2, 0, 3],
      [1, 2, 1, 3],
    ]);
  });

  it('writes bits one after the other and ends with the equals sign', () => {
    const tokens = tokenSequences(bits);
    expect(tokens.shape).toEqual([4, 4]);
    expectClose(tf.slice(tokens, [0, 0], [4, 3]), bits.inputs, 0);
    expectClose(tf.slice(tokens, [0, 3], [4, 1]), [2, 2, 2, 2], 0);
  });

  it('writes the operator between any two numbers', () => {
    const text = vocabulary(own);
    const sentences = tokenSequences(own).arraySync();
    expect(sentences.map((ids) => ids.map((id) => text[id]).join(' '))).toEqual([
      '0 ∘ 1 ∘ 1 =',
      '1 ∘ 0 ∘ 0 =',
    ]);
  });
});

describeOnBackends('tokenTargets', () => {
  it('asks for the label at the last position only', () => {
    const targets = tokenTargets(pairs);
    expect([targets.shape, targets.dtype]).toEqual([tokenSequences(pairs).shape, 'int32']);
    expect(targets.arraySync()).toEqual([0, 1, 1, 0].map((label) => [-100, -100, -100, label]));
  });

  it('fits the sequences of every task and agrees with labelTensor', () => {
    for (const task of [pairs, bits, own]) {
      const targets = tokenTargets(task);
      const [size, length] = tokenSequences(task).shape;
      expect(targets.shape).toEqual([size, length]);
      expectClose(tf.slice(targets, [0, length - 1], [size, 1]), labelTensor(task), 0);
    }
  });

  it('marks the rest with another number if asked to', () => {
    expect(tokenTargets(pairs, { ignoreIndex: -1 }).arraySync()[1]).toEqual([-1, -1, -1, 1]);
  });

  it('refuses a mark that could be a label, and options it does not know', () => {
    expect(() => tokenTargets(pairs, { ignoreIndex: 0 })).toThrow(
      'tokenTargets: ignoreIndex is 0, expected a whole number from -2147483648 to -1. A usual value is -100.',
    );
    expect(() => tokenTargets(pairs, { ignoreIndex: Number.NaN })).toThrow(
      'tokenTargets: ignoreIndex is NaN',
    );
    expect(() => tokenTargets(pairs, { ignore: -1 } as TokenTargetsOptions)).toThrow(
      "tokenTargets: option 'ignore' is unknown, expected one of ignoreIndex. Check its spelling.",
    );
  });
});
