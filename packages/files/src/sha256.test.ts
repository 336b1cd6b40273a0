import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableSha256 } from './portable-sha256.js';
import { createSha256 } from './sha256.js';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('sha256', () => {
  it('has the published value for abc', async () => {
    for (const hash of [await createSha256(), portableSha256()]) {
      hash.update(Uint8Array.of(97, 98, 99));
      expect(hash.hex()).toBe(ABC);
    }
  });

  it('is the same with and without Node, however the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 })), async (parts) => {
        const [native, portable] = [await createSha256(), portableSha256()];
        for (const part of parts) native.update(part);
        portable.update(Uint8Array.from(parts.flatMap((part) => [...part])));
        expect(native.hex()).toBe(portable.hex());
      }),
      { numRuns: 50 },
    );
  });
});
