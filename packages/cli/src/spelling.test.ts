import { describe, expect, it } from 'vitest';
import { spelled } from './spelling.js';

const flags = ['--max-tokens', '--optimizer.learningRate', '--no-expandHead', '--out'];

describe('spelled', () => {
  it.each([
    [
      ['--maxTokens', '3'],
      ['--max-tokens', '3'],
    ],
    [['--max-tokens=3'], ['--max-tokens=3']],
    [['--optimizer.learning-rate=1e-3'], ['--optimizer.learningRate=1e-3']],
    [['--no-expand-head'], ['--no-expandHead']],
    [
      ['--outt', '--maxTokens=Some-Text'],
      ['--outt', '--max-tokens=Some-Text'],
    ],
    [
      ['model', '--', '--maxTokens'],
      ['model', '--', '--maxTokens'],
    ],
  ])('gives %j the names of the command: %j', (came, expected) => {
    expect(spelled(came, flags)).toEqual(expected);
  });
});
