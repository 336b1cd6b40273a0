import { describe, expect, it } from 'vitest';
import { recordFault } from '../reliability/record-fault.js';
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
      const { inputs, accepted, fault } = await fuzz(name, SEED, INPUTS);
      if (fault) {
        const again = `npm run fuzz -- --target ${name} --seed ${SEED}`;
        throw new Error(`${fault.message}\nThe input lies in ${fault.folder}. Once more: ${again}`);
      }
      expect(inputs).toBeGreaterThanOrEqual(INPUTS);
      if (name !== 'published-config') expect(accepted).toBeGreaterThan(0); // that one lacks weights
      if (name === 'kernels') {
        recordFault(
          'a random operation on wasm with our kernels',
          'it gives what the cpu gives, forward and backward',
          inputs,
        );
      } else {
        recordFault(
          'a hostile file in place of one that a reader takes from outside',
          'it is read right, and the same once written and read again, or refused by name',
          inputs,
        );
      }
    },
    300_000,
  );
});
