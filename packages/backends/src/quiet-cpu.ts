import { env, scalar } from '@tensorflow/tfjs-core';

/** Uses the current backend for the first time, at which the cpu backend advertises tfjs-node unless it is in a test. */
export function quietCpu(): void {
  const before = env().get('IS_TEST');
  env().set('IS_TEST', true);
  scalar(0).dispose();
  env().set('IS_TEST', before);
}
