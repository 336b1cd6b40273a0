import { type Bytes, nodeFs, openBytes } from '@evenkeel/files';
import { hubFiles } from './hub.js';

/** Where the files of a model are: a directory, a web address or a hub id; files by name; or a function that finds them. */
export type ModelSource = string | URL | Readonly<Record<string, Bytes>> | ModelFiles;

/** From a file's plain name to the file, or nothing if the model has none of that name. */
export type ModelFiles = (name: string) => Bytes | undefined | Promise<Bytes | undefined>;

export interface HubOptions {
  /** A token of the hub, for models that need one. */
  accessToken?: string;
  /** Branch, tag or commit. Default `'main'`. */
  revision?: string;
  /** Another hub than the public one. */
  hubUrl?: string;
  /** Where files are kept in Node. Default the cache that Python uses, `~/.cache/huggingface/hub`. */
  cacheDir?: string;
}

/**
 * The files of a model by their plain names, for what a checkpoint has beside the weights, such as its tokenizer. `GPT.load`
 * takes the result too, so that a hub is asked once.
 *
 *     const files = await modelFiles('openai-community/gpt2');
 *     const model = await GPT.load(files);
 *     const tokenizer = await files('tokenizer.json'); // a path, an address or bytes; undefined if there is none
 *
 * @throws If a name is neither a directory, a web address nor a hub id; and for a hub id, without the optional package
 *     `@huggingface/hub`, or if the hub refuses.
 */
export async function modelFiles(source: ModelSource, hub: HubOptions = {}): Promise<ModelFiles> {
  if (typeof source === 'function') return source;
  if (typeof source === 'object' && !(source instanceof URL)) {
    return (name) => (Object.hasOwn(source, name) ? source[name] : undefined);
  }
  const place = String(source);
  if (/^https?:\/\//i.test(place)) return webFiles(place);
  const directory = await directoryFiles(place);
  if (directory) return directory;
  if (/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(place)) return hubFiles(place, hub);
  throw new Error(
    `GPT.load: '${place}' is not a directory, expected one with config.json and model.safetensors, a web address, or a ` +
      `hub id such as 'openai-community/gpt2'.`,
  );
}

/** Files under a web address; one that is not found is none. */
const webFiles =
  (base: string): ModelFiles =>
  async (name) => {
    const url = `${base.replace(/\/$/, '')}/${name}`;
    const response = await fetch(url, { method: 'HEAD' });
    return response.ok ? url : undefined;
  };

/** Files in a directory, or nothing if there is no such directory or no file system. */
async function directoryFiles(path: string): Promise<ModelFiles | undefined> {
  if (typeof process === 'undefined' || !process.versions?.node) return undefined;
  const fs = await nodeFs('GPT.load');
  const isDirectory = fs.statSync(path.replace(/^file:\/\//, ''), { throwIfNoEntry: false })?.isDirectory();
  if (!isDirectory) return undefined;
  return (name) => {
    const file = `${path.replace(/^file:\/\//, '').replace(/[\\/]+$/, '')}/${name}`;
    return fs.existsSync(file) ? file : undefined;
  };
}

/** A small text file. @throws If it is longer than `limit` bytes or not UTF-8. */
export async function readText(name: string, bytes: Bytes, limit: number): Promise<string> {
  const source = await openBytes('GPT.load', bytes);
  try {
    if (source.size > limit) {
      throw new Error(
        `GPT.load: ${name} has ${source.size} bytes, expected at most ${limit}. Download it again.`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`GPT.load: ${name} is not UTF-8 text. Download it again.`, { cause: error });
  } finally {
    await source.close?.();
  }
}
