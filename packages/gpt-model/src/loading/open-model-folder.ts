import { nodeFs } from '@evenkeel/files';
import { shown } from '../shown.js';
import { hubFiles } from './hub.js';
import { type FindFile, ModelFolder } from './model-folder.js';
import type { HubOptions, ModelSource, OpenOptions } from './model-source.js';

/**
 * Opens a model's directory, web address, hub id or files. Nothing but the list of a hub's files is read yet.
 *
 *     const folder = await openModelFolder('openai-community/gpt2');
 *     const tokenizer = await folder.text('tokenizer.json'); // undefined if there is none
 *     const model = await GPT.load(folder);
 *
 * @throws If a name is neither a directory, a web address nor a hub id; and for a hub id, without the optional package
 *     `@huggingface/hub`, or if the hub refuses.
 */
export async function openModelFolder(
  source: ModelSource,
  { verify = true, ...hub }: OpenOptions = {},
): Promise<ModelFolder> {
  if (source instanceof ModelFolder) return source;
  return new ModelFolder(await finder(source, hub), verify && !isFetched(source));
}

/** Whether files are fetched anew whenever they are read: from a web address, and in a page from a hub. */
const isFetched = (source: unknown): boolean =>
  (typeof source === 'string' || source instanceof URL) && (isWeb(String(source)) || !isNode());

const isWeb = (place: string): boolean => /^https?:\/\//i.test(place);
const isNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node);

async function finder(source: Exclude<ModelSource, ModelFolder>, hub: HubOptions): Promise<FindFile> {
  if (typeof source === 'function') return source;
  if (typeof source === 'string' || source instanceof URL) return named(String(source), hub);
  if (typeof source !== 'object' || source === null) {
    throw new Error(
      `GPT.load: the source is ${shown(source)}, expected a directory, a web address, a hub id or files by name.`,
    );
  }
  return isList(source)
    ? listedFiles(source)
    : (name) => (Object.hasOwn(source, name) ? source[name] : undefined);
}

async function named(place: string, hub: HubOptions): Promise<FindFile> {
  if (isWeb(place)) return webFiles(place);
  const directory = await directoryFiles(place);
  if (directory) return directory;
  if (/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(place)) return hubFiles(place, hub);
  throw new Error(
    `GPT.load: '${place}' is not a directory, expected one with config.json and model.safetensors, a web address, or a ` +
      `hub id such as 'openai-community/gpt2'.`,
  );
}

const isList = (source: object): source is ArrayLike<File> =>
  Array.isArray(source) || (typeof FileList !== 'undefined' && source instanceof FileList);

/** Files as chosen in a page. Of a chosen folder, those in folders inside it are not the model's. */
function listedFiles(list: ArrayLike<File>): FindFile {
  const files = new Map<string, File>();
  for (const file of Array.from(list)) {
    const isInside = ((file.webkitRelativePath as string | undefined) ?? '').split('/').length > 2;
    if (!isInside) files.set(file.name, file);
  }
  return (name) => files.get(name);
}

/** Files under a web address; one that is not found is none. */
const webFiles =
  (base: string): FindFile =>
  async (name) => {
    const url = `${base.replace(/\/$/, '')}/${name}`;
    const response = await fetch(url, { method: 'HEAD' });
    return response.ok ? url : undefined;
  };

/** Files in a directory, or nothing if there is no such directory or no file system. */
async function directoryFiles(path: string): Promise<FindFile | undefined> {
  if (!isNode()) return undefined;
  const fs = await nodeFs('GPT.load');
  const isDirectory = fs.statSync(path.replace(/^file:\/\//, ''), { throwIfNoEntry: false })?.isDirectory();
  if (!isDirectory) return undefined;
  return (name) => {
    const file = `${path.replace(/^file:\/\//, '').replace(/[\\/]+$/, '')}/${name}`;
    return fs.existsSync(file) ? file : undefined;
  };
}
