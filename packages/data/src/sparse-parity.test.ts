import { type SparseParityOptions, sparseParity } from '@evenkeel/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const options = fc.integer({ min: 1, max: 24 }).chain((bits) =>
  fc.record({
    bits: fc.constant(bits),
    parityBits: fc.integer({ min: 1, max: bits }),
    examples: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  }),
);
const mean = (xs: ArrayLike<number>) => Array.from(xs).reduce((sum, x) => sum + x, 0) / xs.length;

describe('sparseParity', () => {
  it('gives these strings and labels for seed 1, on every machine', () => {
    expect(sparseParity({ bits: 4, parityBits: 2, examples: 3, seed: 1 })).toEqual({
      inputs: Int32Array.of(0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1),
      labels: Int32Array.of(0, 1, 1),
      size: 3,
      width: 4,
      values: 2,
      classes: 2,
      relevantBits: [0, 1],
    });
  });

  it('defaults to 2000 strings of 40 bits, 3 of them relevant', () => {
    const { size, width, relevantBits } = sparseParity();
    expect([size, width, relevantBits.length]).toEqual([2000, 40, 3]);
    expect(sparseParity({ seed: undefined })).toEqual(sparseParity({ seed: 0 }));
  });

  it('labels each string with the parity of its relevant bits, whatever the others are', () => {
    fc.assert(
      fc.property(options, (choice) => {
        const { inputs, labels, size, width, relevantBits } = sparseParity(choice);
        expect([inputs.length, labels.length]).toEqual([size * width, size]);
        expect(inputs.every((bit) => bit === 0 || bit === 1)).toBe(true);
        labels.forEach((label, row) => {
          const string = inputs.subarray(row * width, (row + 1) * width);
          expect(label).toBe(relevantBits.map((bit) => string[bit]).reduce((x, y) => x ^ y, 0));
        });
      }),
    );
  });

  it('flips the label with a relevant bit, and with no other', () => {
    const { inputs, labels, width, relevantBits } = sparseParity({ bits: 5, parityBits: 3, examples: 2000 });
    const labelOf = new Map(
      Array.from(labels, (label, row) => [inputs.subarray(row * width, (row + 1) * width).join(''), label]),
    );
    expect(labelOf.size).toBe(2 ** 5);
    for (const [string, label] of labelOf) {
      for (let bit = 0; bit < width; bit++) {
        const flipped = [...string].map((x, i) => (i === bit ? 1 - Number(x) : x)).join('');
        expect(labelOf.get(flipped)).toBe(relevantBits.includes(bit) ? 1 - label : label);
      }
    }
  });

  it('names distinct positions in ascending order', () => {
    fc.assert(
      fc.property(options, (choice) => {
        const { relevantBits } = sparseParity(choice);
        expect(relevantBits).toEqual([...new Set(relevantBits)].sort((i, j) => i - j));
        expect(relevantBits.length).toBe(choice.parityBits);
        expect(relevantBits.every((bit) => bit >= 0 && bit < choice.bits)).toBe(true);
      }),
    );
  });

  it('poses the same task and begins alike when more examples are asked for', () => {
    fc.assert(
      fc.property(options, (choice) => {
        const few = sparseParity(choice);
        const more = sparseParity({ ...choice, examples: choice.examples + 7 });
        expect(more.relevantBits).toEqual(few.relevantBits);
        expect(more.inputs.slice(0, few.inputs.length)).toEqual(few.inputs);
        expect(more.labels.slice(0, few.size)).toEqual(few.labels);
      }),
    );
  });

  it('chooses other bits and other strings for another seed', () => {
    const tasks = [0, 1, 2, 3, 4].map((seed) => sparseParity({ seed }));
    expect(new Set(tasks.map(({ relevantBits }) => relevantBits.join())).size).toBe(5);
    expect(new Set(tasks.map(({ inputs }) => inputs.join())).size).toBe(5);
  });

  it('draws fair bits, and labels that no single bit gives away', () => {
    const { inputs, labels, width, size } = sparseParity({ examples: 20_000, seed: 3 });
    const fiveSigma = 2.5 / Math.sqrt(size);
    expect(Math.abs(mean(labels) - 0.5)).toBeLessThan(fiveSigma);
    for (let bit = 0; bit < width; bit++) {
      const column = Array.from(labels, (_, row) => inputs[row * width + bit]);
      expect(Math.abs(mean(column) - 0.5)).toBeLessThan(fiveSigma);
      const agrees = column.map((x, row) => Number(x === labels[row]));
      expect(Math.abs(mean(agrees) - 0.5)).toBeLessThan(fiveSigma);
    }
  });

  it.each<[SparseParityOptions, string]>([
    [{ bits: 0 }, 'bits is 0, expected a whole number from 1 to 16777216. A usual value is 40.'],
    [{ bits: Number.NaN }, 'bits is NaN'],
    [
      { bits: 4, parityBits: 5 },
      'parityBits is 5, expected a whole number from 1 to 4. It counts some of the bits',
    ],
    [{ parityBits: 0 }, 'parityBits is 0, expected a whole number from 1 to 40.'],
    [
      { examples: 2.5 },
      'examples is 2.5, expected a whole number from 1 to 16777216. A usual value is 2000.',
    ],
    [{ examples: 2 ** 24 }, 'the result would have shape [16777216,40], expected at most 268435456 numbers.'],
    [{ seed: 0.5 }, 'seed is 0.5, expected a whole number from 0 to 4294967295. A usual value is 0.'],
    [{ seed: -1 }, 'seed is -1'],
    [{ seed: 2 ** 32 }, 'seed is 4294967296'],
    [{ seed: 'one' } as unknown as SparseParityOptions, "seed is 'one'"],
    [
      { k: 3 } as SparseParityOptions,
      "option 'k' is unknown, expected one of bits, parityBits, examples, seed.",
    ],
    [null as unknown as SparseParityOptions, 'the options are null, expected an object. Try { bits: … }.'],
  ])('refuses %j', (options, message) => {
    expect(() => sparseParity(options)).toThrow(`sparseParity: ${message}`);
  });
});
