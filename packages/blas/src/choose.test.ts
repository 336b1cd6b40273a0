import { describe, expect, it } from 'vitest';
import { chooseBlas, type Refusal } from './choose.js';
import { blasFiles, howToGetOne } from './files.js';
import type { Blas } from './library.js';

/** A library whose functions do nothing. */
const broken = (file: string, threads: Blas['threads'] = null): Blas => ({
  ...{ file, name: 'BLAS', threads, gemm() {}, gemv() {}, syrk() {} },
  addressOf: () => 0,
});

describe('chooseBlas', () => {
  it('refuses by name a library that multiplies wrongly, and looks on', () => {
    const refused: Refusal[] = [];
    const choice = chooseBlas(
      ['libone.so', 'libtwo.so', 'libthree.so'],
      (file) => (file === 'libtwo.so' ? null : broken(file)),
      undefined,
      refused,
    );
    expect(choice).toBe(null);
    expect(refused.map(({ file }) => file)).toEqual(['libone.so', 'libthree.so']);
    expect(refused[0].reason).toMatch('has NaN where');
  });

  it('refuses a library that throws', () => {
    const refused: Refusal[] = [];
    const load = () => {
      throw new Error("Cannot find function 'cblas_sgemm' in shared library");
    };
    expect(chooseBlas(['libm.so.6'], load, undefined, refused)).toBe(null);
    expect(refused).toEqual([
      { file: 'libm.so.6', reason: "Cannot find function 'cblas_sgemm' in shared library" },
    ]);
  });

  it('gives a library that it refuses its threads back', () => {
    let count = 8;
    const set: number[] = [];
    const threads = {
      get: () => count,
      set(next: number) {
        count = next;
        set.push(next);
      },
    };
    expect(chooseBlas(['libone.so'], (file) => broken(file, threads), 2, [])).toBe(null);
    expect(set).toEqual([2, 8]);
  });
});

describe('blasFiles', () => {
  const kinds = (platform: string) =>
    blasFiles(platform, {}).map((file) => /accelerate|mkl|openblas|blis/i.exec(file)?.[0].toLowerCase());

  it.each([
    ['linux', ['mkl', 'openblas', 'blis']],
    ['darwin', ['accelerate', 'openblas']],
    ['win32', ['openblas', 'mkl']],
    ['aix', []],
  ])('looks on %s for %j', (platform, expected) => {
    expect([...new Set(kinds(platform))]).toEqual(expected);
  });

  it('takes the path in EVENKEEL_BLAS and no other', () => {
    expect(blasFiles('linux', { EVENKEEL_BLAS: '/opt/my.so' })).toEqual(['/opt/my.so']);
    expect(blasFiles('linux', { EVENKEEL_BLAS: '' })).toEqual(blasFiles('linux', {}));
  });

  it('says on every system how to get one', () => {
    for (const platform of ['linux', 'darwin', 'win32', 'aix'])
      expect(howToGetOne(platform)).toMatch('set EVENKEEL_BLAS');
  });
});
