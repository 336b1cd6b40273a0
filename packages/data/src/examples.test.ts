import {
  bitInputs,
  type Examples,
  labelTensor,
  modularArithmetic,
  oneHotInputs,
  oneHotLabels,
  selectExamples,
  tokenSequences,
  tokenTargets,
  trainTestSplit,
  vocabulary,
} from '@evenkeel/data';
import { describe, expect, it } from 'vitest';

/** Every public function that takes examples. */
const readers: [string, (examples: Examples) => unknown][] = [
  ['oneHotInputs', oneHotInputs],
  ['bitInputs', bitInputs],
  ['labelTensor', labelTensor],
  ['oneHotLabels', oneHotLabels],
  ['tokenSequences', tokenSequences],
  ['tokenTargets', (examples) => tokenTargets(examples)],
  ['vocabulary', vocabulary],
  ['selectExamples', (examples) => selectExamples(examples, [0])],
  ['trainTestSplit', (examples) => trainTestSplit(examples, { trainFraction: 0.5 })],
];

describe.each(readers)('%s', (name, read) => {
  const good = modularArithmetic({ modulus: 3 });
  const ADVICE = 'Pass what modularArithmetic or sparseParity returned.';

  it.each<[string, object, string]>([
    [
      'no size',
      { size: undefined },
      `examples.size is undefined, expected a whole number from 1 to 16777216. ${ADVICE}`,
    ],
    ['width 0', { width: 0 }, `examples.width is 0, expected a whole number from 1 to 16777216. ${ADVICE}`],
    ['NaN values', { values: Number.NaN }, 'examples.values is NaN'],
    ['half a class', { classes: 2.5 }, 'examples.classes is 2.5'],
    [
      'a wrong size',
      { size: 8 },
      `examples.inputs is an Int32Array of length 18, expected an Int32Array of length 16. ${ADVICE}`,
    ],
    [
      'inputs in a list',
      { inputs: [0, 1] },
      'examples.inputs is [object Array], expected an Int32Array of length 18.',
    ],
    [
      'labels as floats',
      { labels: new Float32Array(9) },
      'examples.labels is [object Float32Array], expected an Int32Array of length 9.',
    ],
    ['too few values', { values: 2 }, 'examples.inputs[5] is 2, expected 0 to 1. Count from 0.'],
    [
      'a negative label',
      { labels: good.labels.map((x) => x - 1) },
      'examples.labels[0] is -1, expected 0 to 2. Count from 0.',
    ],
    [
      "'=' as operator",
      { operator: '=' },
      "examples.operator is '=', expected a sign other than '=' and digits. Try '+', or leave it out.",
    ],
    ['a digit as operator', { operator: '2' }, "examples.operator is '2'"],
    ['no text as operator', { operator: 3 }, 'examples.operator is 3'],
  ])('refuses examples with %s', (_, change, message) => {
    expect(() => read({ ...good, ...change })).toThrow(`${name}: ${message}`);
  });

  it('refuses what is no set of examples', () => {
    expect(() => read(null as unknown as Examples)).toThrow(
      `${name}: the examples are null, expected an object. ${ADVICE}`,
    );
    expect(() => read([1, 2] as unknown as Examples)).toThrow(`${name}: examples.size is undefined`);
  });
});
