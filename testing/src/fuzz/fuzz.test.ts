import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.js';
import { targets } from './targets/index.js';

// Hostile input costs nothing: it is read whole and right, or refused by an error of ours.

const [SEED, INPUTS] = [1, 1500];

describe('a fuzzer', () => {
  it.each([
    ['planted-raw-error', "refused by 'TypeError: "],
    ['planted-foreign-error', "refused by 'Error: Tensor must have a shape'"],
    ['planted-leak', '1 tensors were left behind'],
    ['planted-memory', 'one input took'],
    ['planted-loop', 'an input took more than 5 s'],
    ['planted-end', 'the process ended with 3'],
  ])('finds what was planted: %s', async (name, message) => {
    const { fault } = await fuzz(name, SEED, INPUTS, 5);
    expect(fault?.message).toContain(message);
    expect(Object.keys(fault!.files)).toEqual(['a.json']);
  });
});

describe('inputs that were right before they were changed', () => {
  it.each(Object.keys(targets))(
    '%s',
    async (name) => {
      const { inputs, fault } = await fuzz(name, SEED, INPUTS);
      if (fault) {
        const again = `npm run fuzz -- --target ${name} --seed ${SEED}`;
        throw new Error(`${fault.message}\nThe input lies in ${fault.folder}. Once more: ${again}`);
      }
      expect(inputs).toBeGreaterThanOrEqual(INPUTS);
    },
    300_000,
  );
});
