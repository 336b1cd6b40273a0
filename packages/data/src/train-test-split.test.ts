import { modularArithmetic, type SplitOptions, sparseParity, trainTestSplit } from '@evenkeel/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const pairs = modularArithmetic({ modulus: 7 });
/** The rows a p + b of pairs mod 7. */
const rowsOf = ({ inputs }: { inputs: Int32Array }) =>
  Array.from({ length: inputs.length / 2 }, (_, i) => 7 * inputs[2 * i] + inputs[2 * i + 1]);
const fraction = fc.integer({ min: 3, max: 98 }).map((percent) => percent / 100);
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('trainTestSplit', () => {
  it('deals each example to exactly one side, label and all', () => {
    fc.assert(
      fc.property(fraction, seed, (trainFraction, seed) => {
        const { train, test } = trainTestSplit(pairs, { trainFraction, seed });
        expect([train.size, test.size]).toEqual([
          Math.floor(trainFraction * 49),
          49 - Math.floor(trainFraction * 49),
        ]);
        const rows = [...rowsOf(train), ...rowsOf(test)];
        expect(new Set(rows).size).toBe(49);
        expect([...train.labels, ...test.labels]).toEqual(rows.map((row) => pairs.labels[row]));
      }),
    );
  });

  it('gives this split for seed 1, on every machine', () => {
    // The same nine rows come out of Fisher–Yates in Python with NumPy's RandomState(1).
    const { train, test } = trainTestSplit(modularArithmetic({ modulus: 3 }), {
      trainFraction: 0.5,
      seed: 1,
    });
    expect(train.inputs).toEqual(Int32Array.of(1, 2, 2, 2, 2, 1, 1, 1));
    expect(train.labels).toEqual(Int32Array.of(0, 1, 0, 2));
    expect(test.inputs).toEqual(Int32Array.of(0, 1, 0, 0, 0, 2, 1, 0, 2, 0));
    expect(test.labels).toEqual(Int32Array.of(1, 0, 2, 1, 2));
  });

  it('has the sizes of the published setting: 5107 and 7662 of 113² pairs', () => {
    const { train, test } = trainTestSplit(modularArithmetic(), { trainFraction: 0.4, seed: 42 });
    expect([train.size, test.size, train.labels.length, test.inputs.length]).toEqual([
      5107, 7662, 5107, 15324,
    ]);
  });

  it('repeats itself for the same seed and for no other', () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        const split = (seed: number) => rowsOf(trainTestSplit(pairs, { trainFraction: 0.5, seed }).train);
        expect(split(one)).toEqual(split(one));
        if (one !== other) expect(split(one)).not.toEqual(split(other));
      }),
    );
  });

  it('takes seed 0 when none is given', () => {
    expect(trainTestSplit(pairs, { trainFraction: 0.5 })).toEqual(
      trainTestSplit(pairs, { trainFraction: 0.5, seed: 0 }),
    );
  });

  it('only adds to the training set when the fraction grows', () => {
    const [small, large] = [0.3, 0.7].map((trainFraction) =>
      rowsOf(trainTestSplit(pairs, { trainFraction }).train),
    );
    expect(large.slice(0, small.length)).toEqual(small);
  });

  it('favours no row: each trains half of the time', () => {
    const counts = new Array(49).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const row of rowsOf(trainTestSplit(pairs, { trainFraction: 0.5, seed }).train)) counts[row]++;
    }
    const [expected, sigma] = [2000 * (24 / 49), Math.sqrt(2000 * (24 / 49) * (25 / 49))];
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * sigma);
  });

  it('keeps what the task says about itself and leaves the examples alone', () => {
    const task = sparseParity({ bits: 6, examples: 10 });
    const before = structuredClone(task);
    const { train, test } = trainTestSplit(task, { trainFraction: 0.5 });
    expect(task).toEqual(before);
    expect([train.relevantBits, test.relevantBits]).toEqual([task.relevantBits, task.relevantBits]);
    train.inputs.fill(0);
    expect(task).toEqual(before);
  });

  it.each([0, 1, -0.1, 1.5, Number.NaN, Infinity, undefined])(
    'refuses the train fraction %s',
    (trainFraction) => {
      expect(() => trainTestSplit(pairs, { trainFraction } as SplitOptions)).toThrow(
        `trainTestSplit: trainFraction is ${trainFraction}, expected a number > 0 and < 1. A usual value is 0.4.`,
      );
    },
  );

  it('refuses a fraction that leaves one side empty', () => {
    expect(() => trainTestSplit(pairs, { trainFraction: 0.02 })).toThrow(
      'trainTestSplit: trainFraction 0.02 of 49 examples leaves 0 to train on, expected at least one on each side. ' +
        'Take a fraction nearer to 0.5 or more examples.',
    );
    const single = sparseParity({ examples: 1 });
    expect(() => trainTestSplit(single, { trainFraction: 0.9 })).toThrow(
      'trainFraction 0.9 of 1 examples leaves 0',
    );
  });

  it('refuses a seed that is no seed, options it does not know, and none at all', () => {
    expect(() => trainTestSplit(pairs, { trainFraction: 0.5, seed: 1.5 })).toThrow(
      'trainTestSplit: seed is 1.5, expected a whole number from 0 to 4294967295. A usual value is 0.',
    );
    expect(() => trainTestSplit(pairs, { trainFraction: 0.5, testFraction: 0.5 } as SplitOptions)).toThrow(
      "trainTestSplit: option 'testFraction' is unknown, expected one of trainFraction, seed. Check its spelling.",
    );
    expect(() => trainTestSplit(pairs, undefined as unknown as SplitOptions)).toThrow(
      'trainTestSplit: the options are undefined, expected an object. Try { trainFraction: … }.',
    );
  });
});
