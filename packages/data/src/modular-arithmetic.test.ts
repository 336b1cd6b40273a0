import { type ModularArithmeticOptions, modularArithmetic, type Operation } from '@evenkeel/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const OPERATIONS: Operation[] = ['add', 'subtract', 'multiply', 'divide'];
const modulus = fc.integer({ min: 2, max: 40 });
const prime = fc.constantFrom(2, 3, 5, 7, 11, 13, 17, 97, 113);

describe('modularArithmetic', () => {
  it('lists all pairs in row order a p + b with the sum mod p', () => {
    expect(modularArithmetic({ modulus: 3 })).toEqual({
      inputs: Int32Array.of(0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2, 2, 0, 2, 1, 2, 2),
      labels: Int32Array.of(0, 1, 2, 1, 2, 0, 2, 0, 1),
      size: 9,
      width: 2,
      values: 3,
      classes: 3,
      operator: '+',
      modulus: 3,
      operation: 'add',
    });
  });

  it.each<[Operation, string, number[]]>([
    ['add', '+', [0, 1, 2, 3, 1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2]],
    ['subtract', '-', [0, 3, 2, 1, 1, 0, 3, 2, 2, 1, 0, 3, 3, 2, 1, 0]],
    ['multiply', '*', [0, 0, 0, 0, 0, 1, 2, 3, 0, 2, 0, 2, 0, 3, 2, 1]],
  ])('can %s mod 4', (operation, operator, labels) => {
    const examples = modularArithmetic({ modulus: 4, operation });
    expect(Array.from(examples.labels)).toEqual(labels);
    expect(examples.operator).toBe(operator);
  });

  it('divides mod 5, leaving out b = 0', () => {
    const { inputs, labels, size, operator } = modularArithmetic({ modulus: 5, operation: 'divide' });
    const rows = Array.from({ length: size }, (_, i) => [...inputs.subarray(2 * i, 2 * i + 2), labels[i]]);
    expect(rows).toEqual([
      ...[1, 2, 3, 4].map((b) => [0, b, 0]),
      ...[
        [1, 1, 1],
        [1, 2, 3],
        [1, 3, 2],
        [1, 4, 4],
      ],
      ...[
        [2, 1, 2],
        [2, 2, 1],
        [2, 3, 4],
        [2, 4, 3],
      ],
      ...[
        [3, 1, 3],
        [3, 2, 4],
        [3, 3, 1],
        [3, 4, 2],
      ],
      ...[
        [4, 1, 4],
        [4, 2, 2],
        [4, 3, 3],
        [4, 4, 1],
      ],
    ]);
    expect(operator).toBe('/');
  });

  it('divides mod 2, where only b = 1 is left', () => {
    const { inputs, labels } = modularArithmetic({ modulus: 2, operation: 'divide' });
    expect([Array.from(inputs), Array.from(labels)]).toEqual([
      [0, 1, 1, 1],
      [0, 1],
    ]);
  });

  it('defaults to the published task, a + b mod 113', () => {
    const { size, modulus, operation } = modularArithmetic();
    expect([size, modulus, operation]).toEqual([12769, 113, 'add']);
    expect(modularArithmetic({ modulus: undefined, operation: undefined })).toEqual(modularArithmetic());
  });

  it('divides so that multiplying by b gives a again', () => {
    fc.assert(
      fc.property(prime, (p) => {
        const { inputs, labels, size } = modularArithmetic({ modulus: p, operation: 'divide' });
        expect(size).toBe(p * (p - 1));
        const back = labels.map((c, row) => (c * inputs[2 * row + 1]) % p);
        expect(back).toEqual(inputs.filter((_, i) => i % 2 === 0));
      }),
    );
  });

  it('subtracts so that adding b gives a again', () => {
    fc.assert(
      fc.property(modulus, (p) => {
        const { inputs, labels } = modularArithmetic({ modulus: p, operation: 'subtract' });
        const back = labels.map((c, row) => (c + inputs[2 * row + 1]) % p);
        expect(back).toEqual(inputs.filter((_, i) => i % 2 === 0));
      }),
    );
  });

  it('keeps inputs and labels in 0 … p − 1 and gives every label a turn', () => {
    fc.assert(
      fc.property(prime, fc.constantFrom(...OPERATIONS), (p, operation) => {
        const { inputs, labels, size } = modularArithmetic({ modulus: p, operation });
        expect([inputs.length, labels.length]).toEqual([2 * size, size]);
        expect(inputs.every((x) => x >= 0 && x < p)).toBe(true);
        expect([...new Set(labels)].sort((i, j) => i - j)).toEqual(Array.from({ length: p }, (_, i) => i));
      }),
    );
  });

  it('stays exact at the largest modulus it takes', () => {
    const { labels, size } = modularArithmetic({ modulus: 4096, operation: 'multiply' });
    expect([size, labels[4095 * 4096 + 4095], labels[4095 * 4096 + 4094]]).toEqual([2 ** 24, 1, 2]);
  });

  it.each([1, 0, -7, 2.5, 4097, Number.NaN, Infinity, '113', null])('refuses the modulus %j', (modulus) => {
    const came = typeof modulus === 'string' ? `'${modulus}'` : String(modulus);
    expect(() => modularArithmetic({ modulus } as ModularArithmeticOptions)).toThrow(
      `modularArithmetic: modulus is ${came}, expected a whole number from 2 to 4096. A usual value is 113.`,
    );
  });

  it.each([4, 9, 15, 49, 91, 4096])('refuses to divide mod %i, which is not prime', (modulus) => {
    expect(() => modularArithmetic({ modulus, operation: 'divide' })).toThrow(
      `modularArithmetic: modulus is ${modulus}, expected a prime to divide by every b. Take 97 or 113, or another operation.`,
    );
  });

  it.each([
    ['power', `'power'`],
    ['toString', `'toString'`],
    [['add'], '[object Array]'],
    [null, 'null'],
  ])('refuses the operation %j', (operation, came) => {
    expect(() => modularArithmetic({ operation } as ModularArithmeticOptions)).toThrow(
      `modularArithmetic: operation is ${came}, expected add, subtract, multiply, divide. Pass one of them.`,
    );
  });

  it('refuses options it does not know, and a bare number', () => {
    expect(() => modularArithmetic({ modulo: 7 } as ModularArithmeticOptions)).toThrow(
      "modularArithmetic: option 'modulo' is unknown, expected one of modulus, operation. Check its spelling.",
    );
    expect(() => modularArithmetic(7 as ModularArithmeticOptions)).toThrow(
      'modularArithmetic: the options are 7, expected an object. Try { modulus: … }.',
    );
  });
});
