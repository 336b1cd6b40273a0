import type { Bytes } from '@evenkeel/files';
import type { FindFile, ModelFolder } from './model-folder.js';

/**
 * Where the files of a model are: a directory, a web address or a hub id; files by name, or a list of Files as a page's file
 * field gives it; a function that finds them; or a folder that is open already.
 */
export type ModelSource =
  | string
  | URL
  | Readonly<Record<string, Bytes | undefined>>
  | ArrayLike<File>
  | FindFile
  | ModelFolder;

export interface OpenOptions extends HubOptions {
  /**
   * Whether the files of a model that was saved here are compared with the hashes beside them, each as it is found, which reads
   * weights twice. Default true; a web address is never read twice.
   */
  verify?: boolean;
}

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
