import { zerosLike } from '@tensorflow/tfjs-core';
import { stateless } from './per-param.js';
import type { Transform } from './transform.js';

/**
 * Leaves parameters where they are: a step of zero.
 *
 *     partition({ train: adamW(), freeze: setToZero() }, ({ name }) => (name.startsWith('head') ? 'train' : 'freeze'))
 *
 * Moments of the other parameters do not see the frozen ones. What comes after it in a chain still acts on its zeros.
 */
export const setToZero = (): Transform => ({
  ...stateless('setToZero', (g) => zerosLike(g)),
  stepsMade: () => 1,
});
