import type { HubOptions, ModelFiles } from './model-files.js';

/** What is used of the optional package. */
interface Hub {
  downloadFile(request: HubRequest): Promise<Blob | null>;
  downloadFileToCacheDir(request: HubRequest): Promise<string>;
  fileExists(request: HubRequest): Promise<boolean>;
}
type HubRequest = { repo: string; path: string; revision?: string; hubUrl?: string; accessToken?: string };

/**
 * The files of a model on a hub, through the optional package `@huggingface/hub`.
 *
 * In Node a file is downloaded once, into the cache that Python uses too; in a page it is read in ranges as needed.
 *
 * @throws Without the package; when a file is asked for, if the hub refuses.
 */
export async function hubFiles(
  repo: string,
  { accessToken, revision, hubUrl }: HubOptions,
): Promise<ModelFiles> {
  const hub = await loadHub(repo);
  const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);
  return async (path) => {
    const request: HubRequest = { repo, path, revision, hubUrl, accessToken };
    try {
      if (!(await hub.fileExists(request))) return undefined;
      return isNode
        ? await hub.downloadFileToCacheDir(request)
        : ((await hub.downloadFile(request)) ?? undefined);
    } catch (error) {
      throw new Error(
        `GPT.load: the hub did not give '${path}' of '${repo}' (${(error as Error).message}), expected a model that you ` +
          `may read. Check its name, and pass accessToken if it needs one.`,
        { cause: error },
      );
    }
  };
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
