import { modularArithmetic } from '@evenkeel/data';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { ExampleBatches } from './example-batches.js';

const examples = modularArithmetic({ modulus: 5 });
const make = (batchSize: number | 'all', seed = 3, from = examples) =>
  new ExampleBatches(from, { batchSize, seed, form: 'tokens', ignoreIndex: -100 });
const rows = (batches: ExampleBatches): number[][] => {
  const { inputs, targets } = batches.batch();
  const result = inputs.arraySync() as number[][];
  tf.dispose([inputs, targets]);
  return result;
};

describeOnBackends('ExampleBatches', () => {
  it('takes each example once an epoch', () => {
    const batches = make(10);
    const epoch = [...rows(batches), ...rows(batches), ...rows(batches)].slice(0, 25);
    expect(new Set(epoch.map(String)).size).toBe(25);
  });

  it('goes on with the same rows in batches of another size', () => {
    const one = make(1);
    const all = Array.from({ length: 40 }, () => rows(one)[0]);
    const four = make(4);
    for (let i = 0; i < 7; i++) rows(four);
    const six = make(6);
    six.restore(JSON.parse(JSON.stringify(four.state())));
    expect(rows(six)).toEqual(all.slice(28, 34));
  });

  it('reaches any position at once, and refuses one that is none or belongs elsewhere', () => {
    const batches = make(4);
    const state = batches.state();
    batches.restore({ ...state, drawn: 2e9 });
    expect(rows(batches)).toHaveLength(4);
    for (const drawn of [-1, Number.NaN, 0.5, 2 ** 53])
      expect(() => batches.restore({ ...state, drawn })).toThrow('data.restore: drawn is');
    expect(() => make(4, 4).restore(state)).toThrow('data.restore: seed is 3, expected 4');
    const other = modularArithmetic({ modulus: 5, operation: 'subtract' });
    expect(() => make(4, 3, other).restore(state)).toThrow('data.restore: the data are not those');
    expect(() => batches.restore(2 as never)).toThrow(
      'data.restore: the state is 2, expected one from state()',
    );
  });
});
