import { expect, it } from 'vitest';
import { checkOptions } from './check-options.js';

const KNOWN = { learningRate: true, weightDecay: true, beta1: true, beta2: true, epsilon: true } as const;

it.each([
  [
    'lr',
    "option 'lr' is unknown, expected one of 'learningRate', 'weightDecay', 'beta1', 'beta2', 'epsilon'. Did you mean 'learningRate'?",
  ],
  ['weight_decay', "Did you mean 'weightDecay'?"],
  ['learningrate', "Did you mean 'learningRate'?"],
  ['learningRates', "Did you mean 'learningRate'?"],
  ['eps', "Did you mean 'epsilon'?"],
  ['betta2', "Did you mean 'beta2'?"],
  ['learning', "Did you mean 'learningRate'?"],
  ['foo', 'Leave it out.'],
  ['constructor', "option 'constructor' is unknown"],
])('refuses %s and says what was meant', (name, message) => {
  expect(() => checkOptions('test', { [name]: 1 }, KNOWN)).toThrow(message);
});

it('takes what it knows, and undefined', () => {
  checkOptions('test', {}, KNOWN);
  checkOptions('test', { beta1: 0, foo: undefined }, KNOWN);
  expect(() => checkOptions('test', 3 as never, KNOWN)).toThrow(
    'test: options are 3, expected an object such as { learningRate: … }.',
  );
  expect(() => checkOptions('test', null as never, KNOWN)).toThrow('test: options are null');
});
