import fc from 'fast-check';

/** JSON that JSON.stringify does not write. */
export class Raw {
  constructor(readonly text: string) {}
}

/** Values that nobody had in mind where they stand. */
export const hostile: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...[null, true, false, 0, -0, 1, 2, 3, -1, 7, 0.5, 1e-320, 1e21, 1e308, 255, 256, 65_535, 65_536],
  ...[16_777_216, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2e9, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), -1e9],
  ...['', ' ', 'a', '0', '-1', 'NaN', '__proto__', 'constructor', 'toString', 'length', 'none', 'auto'],
  ...[
    '../../x',
    '..\\x',
    '/dev/zero',
    'a\u0000b',
    '\ud800',
    '\ufeff',
    '(a+)+$',
    '[',
    '\\p{',
    'x'.repeat(5000),
  ],
  ...[[], {}, [[]], [null], [1, 2], ['a'], { a: 1 }, { type: 'Sequence' }, new Array(300).fill(0)],
  new Raw('1e999'),
  new Raw('NaN'),
  new Raw('{"a":1,"a":2}'),
  new Raw('{"__proto__":{"a":1}}'),
  new Raw(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  new Raw(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
);

/** Pieces of text that mean something in one of the formats. */
export const tokens: fc.Arbitrary<string> = fc.constantFrom(
  ...[
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '\n',
    '\r\n',
    '\t',
    '\\',
    '\\u0000',
    '\\ud800',
    '\ufeff',
    '\u0000',
    '//',
    '/*',
  ],
  ...[
    'null',
    'true',
    '-',
    '.',
    'e',
    '0',
    '9'.repeat(400),
    '&a ',
    '*a',
    '&a [*a, *a]',
    '<<: *a',
    '<<: [1]',
    '? ',
    '- ',
    '| ',
    '> ',
  ],
  ...[
    '---\n',
    '...\n',
    '%YAML 9\n',
    '!!binary ',
    '!!js/function ',
    '!!timestamp ',
    '2020-01-01',
    '0x',
    '~',
    '.nan',
    '.inf',
  ],
  ...[
    '"__proto__":',
    '__proto__: {a: 1}\n',
    '"a": {"a": '.repeat(50),
    '['.repeat(20_000),
    '- '.repeat(5000),
    '\u{1F600}',
    '\u0301',
  ],
  ...['{"step":', '<|endoftext|>', ' '.repeat(2000)],
);
