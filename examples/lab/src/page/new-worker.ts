/** A worker of the lab, which trains, looks into a file, or writes. */
export const newWorker = (): Worker =>
  new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module', name: 'Evenkeel run' });
