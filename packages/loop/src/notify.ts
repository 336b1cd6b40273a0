import type { Callback } from './callback.js';

/** Calls one method of every callback that has it, in order; waits only for those that return a promise. */
export async function notify<M extends keyof Callback>(
  callbacks: readonly Callback[],
  method: M,
  ...args: Parameters<Extract<Callback[M], (...args: never[]) => unknown>>
): Promise<void> {
  for (const callback of callbacks) {
    const result = (callback[method] as ((...args: unknown[]) => unknown) | undefined)?.apply(callback, args);
    if (result instanceof Promise) await result;
  }
}
