/**
 * Node's own modules and optional ones, loaded when a file is opened and by a name that bundlers do not follow:
 * the rest of the package runs in pages.
 */
const load = <M>(name: string): Promise<M> => import(/* @vite-ignore */ /* webpackIgnore: true */ name);

const isNode = () => typeof process !== 'undefined' && Boolean(process.versions?.node);

/** @throws Where there is no Node. */
export async function nodeFs(where: string): Promise<typeof import('node:fs')> {
  if (isNode()) return load('node:fs');
  throw new Error(
    `${where}: files can only be opened by name in Node, expected bytes. Pass a Blob or an ArrayBuffer.`,
  );
}

/** Nothing where there is no Node. */
export const nodeCrypto = async (): Promise<typeof import('node:crypto') | undefined> =>
  isNode() ? load('node:crypto') : undefined;

/** To be called in Node only. */
export const nodePath = (): Promise<typeof import('node:path')> => load('node:path');

/** To be called in Node only. */
export const nodeThreads = (): Promise<typeof import('node:worker_threads')> => load('node:worker_threads');

/** To be called in Node only. */
export const nodeUrl = (): Promise<typeof import('node:url')> => load('node:url');

/** To be called in Node only. */
export const nodeOs = (): Promise<typeof import('node:os')> => load('node:os');

/** @throws If it is not installed or has no binary for this machine. */
export const koffiModule = async (): Promise<typeof import('koffi')> => {
  const { default: koffi } = await load<{ default: typeof import('koffi') }>('koffi');
  return koffi;
};
