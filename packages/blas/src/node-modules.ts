import type koffi from 'koffi';

/** Node's own modules and koffi, by names that bundlers do not follow: a page that names this package can be built. */
const load = <M>(name: string): Promise<M> => import(/* @vite-ignore */ /* webpackIgnore: true */ name);

export const isNode = () => typeof process !== 'undefined' && Boolean(process.versions?.node);

/** To be called in Node only. */
export const nodeThreads = (): Promise<typeof import('node:worker_threads')> => load('node:worker_threads');

/** @throws If it is not installed or has no binary for this machine. */
export async function koffiModule(): Promise<typeof koffi> {
  const module = await load<{ default: typeof koffi }>('koffi');
  return module.default;
}
