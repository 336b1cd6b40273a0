import type { FindFile } from './model-folder.js';
import type { HubOptions } from './model-source.js';

/** What is used of the optional package. */
type Hub = Pick<typeof import('@huggingface/hub'), 'downloadFile' | 'downloadFileToCacheDir' | 'listFiles'>;
type HubRequest = HubOptions & { repo: string; path: string };

/**
 * The files of a model on a hub, through the optional package `@huggingface/hub`.
 *
 * In Node a file is downloaded once, into the cache that Python uses too; in a page it is read in ranges as needed.
 *
 * @throws Without the package; when a file is asked for, if the hub refuses.
 */
export async function hubFiles(repo: string, options: HubOptions): Promise<FindFile> {
  const hub = await loadHub(repo);
  const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);
  const asked = async <T>(what: string, request: () => Promise<T>): Promise<T> => {
    try {
      return await request();
    } catch (error) {
      throw new Error(
        `GPT.load: the hub did not give ${what} of '${repo}' (${(error as Error).message}), expected a model that you ` +
          `may read. Check its name, and pass accessToken if it needs one.`,
        { cause: error },
      );
    }
  };
  const listed = await asked('the files', async () => {
    const names = new Set<string>();
    for await (const { path } of hub.listFiles({ repo, ...options })) names.add(path);
    return names;
  });
  return async (path) => {
    if (!listed.has(path)) return undefined;
    const request: HubRequest = { repo, path, ...options };
    return asked(`'${path}'`, async () =>
      isNode
        ? silently(() => hub.downloadFileToCacheDir(request))
        : ((await hub.downloadFile(request)) ?? undefined),
    );
  };
}

let silent = 0;
let { debug } = console;

/**
 * Without what the package says by `console.debug` about each download: Node writes that to standard output, where a
 * program's own results go.
 */
async function silently<T>(request: () => Promise<T>): Promise<T> {
  if (silent++ === 0) {
    ({ debug } = console);
    console.debug = () => {};
  }
  try {
    return await request();
  } finally {
    if (--silent === 0) console.debug = debug;
  }
}

async function loadHub(repo: string): Promise<Hub> {
  const name = '@huggingface/hub'; // in a variable, so that bundlers leave the optional package out
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Hub;
  } catch (error) {
    throw new Error(
      `GPT.load: '${repo}' is on a hub, but @huggingface/hub cannot be loaded (${(error as Error).message}), expected it to ` +
        `be installed. Try npm install @huggingface/hub, or pass a directory.`,
      { cause: error },
    );
  }
}
