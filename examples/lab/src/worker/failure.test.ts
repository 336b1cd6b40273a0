import { DivergenceError } from '@evenkeel/trainer';
import { expect, it } from 'vitest';
import { AdvisedError, ON_WASM } from '../shared/advice.js';
import { failureOf } from './failure.js';

it('says of a divergence when, how and where, and passes advice on', () => {
  const diverged = (loss: number, parameter?: string) =>
    failureOf(new DivergenceError(12, loss, parameter, 'details.', "Set guard: 'rollback'."));
  expect(diverged(Number.NaN, 'mlp/layers.0.weight')).toEqual({
    type: 'failed',
    message:
      'The run has diverged: its loss at step 12 is not a number. It shows most in mlp/layers.0.weight.',
    advice: [],
    divergedAt: 12,
  });
  expect(diverged(Number.POSITIVE_INFINITY).message).toBe(
    'The run has diverged: its loss at step 12 is infinite.',
  );
  expect(diverged(123_456).message).toContain('is 1.23e+5.');
  const advised = failureOf(new AdvisedError('No WebGPU.', [ON_WASM]));
  expect(advised).toEqual({ type: 'failed', message: 'No WebGPU.', advice: [ON_WASM] });
  expect(failureOf('words').message).toBe('words');
});
