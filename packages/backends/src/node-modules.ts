/** Whether this is Node, and no page. */
export const isNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node);

/** Loads a module of Node's, or an optional package, by a name that bundlers do not follow. */
export const load = <M>(name: string): Promise<M> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ name);
