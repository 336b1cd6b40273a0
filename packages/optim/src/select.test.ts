import { both, isMatrix, named, not } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';

describe('selectors', () => {
  const weight = tf.variable(tf.zeros([2, 2]), true, 'blocks.0.attn.weight');
  const bias = tf.variable(tf.zeros([2]), true, 'blocks.0.attn.bias');
  const embed = tf.variable(tf.zeros([3, 2]), true, 'embed.weight');
  afterAll(() => tf.dispose([weight, bias, embed]));
  const picked = (select: (param: tf.Variable) => boolean) =>
    [weight, bias, embed].filter(select).map(({ name }) => name);

  it('isMatrix picks what has two or more axes', () => {
    expect(picked(isMatrix)).toEqual([weight.name, embed.name]);
  });

  it('named picks by part of the name or by pattern, also a global one', () => {
    expect(picked(named('attn'))).toEqual([weight.name, bias.name]);
    expect(picked(named(/weight$/g))).toEqual([weight.name, embed.name]);
  });

  it('not and both combine', () => {
    expect(picked(both(isMatrix, not(named('embed'))))).toEqual([weight.name]);
    expect(picked(both())).toHaveLength(3);
  });

  it('named refuses anything else', () => {
    expect(() => named(3 as unknown as string)).toThrow(
      'named: the pattern is 3, expected a string or a regular expression.',
    );
  });
});
