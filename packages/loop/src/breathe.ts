/**
 * Lets timers and events have their turn now and then. Where a backend computes on this thread, awaiting its data does not
 * let them, and an abort or Ctrl-C would never arrive.
 */
export function breather(everyMs = 50): () => Promise<void> | void {
  let last = performance.now();
  return () => {
    if (performance.now() - last < everyMs) return undefined;
    return turn().then(() => {
      last = performance.now();
    });
  };
}

const turn = () =>
  new Promise<void>((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
