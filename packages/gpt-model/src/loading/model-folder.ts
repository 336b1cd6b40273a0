import { type Bytes, checkMark, type Manifest, openBytes, parseManifest } from '@evenkeel/files';
import { type Json, JsonNumber, parseStrictJson } from '@evenkeel/safetensors';
import type { PublishedConfig } from './fields.js';
import { MODEL_MANIFEST } from './model-manifest.js';

/** From a file's plain name to the file, or nothing if the model has none of that name. */
export type FindFile = (name: string) => Bytes | undefined | Promise<Bytes | undefined>;

/** The longest text that is read: the largest published tokenizer.json has 35 MB. */
const LONGEST_TEXT = 2 ** 27;
const LONGEST_JSON = 2 ** 22;

/**
 * The files of a model, found by their plain names: what a checkpoint has beside its weights, such as its tokenizer, can be
 * read without the weights. Made by {@link openModelFolder}; `GPT.load` takes it too, so that a hub is asked once.
 */
export class ModelFolder {
  private readonly found = new Map<string, Promise<Bytes | undefined>>();
  private manifest: Promise<Manifest> | undefined;

  /** @param verify Whether files are compared with the manifest beside them, if there is one. */
  constructor(
    private readonly findFile: FindFile,
    private readonly verify: boolean,
  ) {}

  /**
   * A file as a path, an address or bytes; nothing if the model has none of that name.
   *
   * @throws If it is not what the manifest of a model that was saved here says.
   */
  find(name: string): Promise<Bytes | undefined> {
    let file = this.found.get(name);
    if (file === undefined) {
      file = this.verify ? this.findVerified(name) : Promise.resolve(this.findFile(name));
      this.found.set(name, file);
      file.catch(() => this.found.delete(name)); // what failed may be asked for again
    }
    return file;
  }

  /**
   * A text file whole; nothing if there is none.
   *
   * @throws If it is longer than 128 MB or not UTF-8.
   */
  async text(name: string): Promise<string | undefined> {
    return this.readText(name, LONGEST_TEXT);
  }

  /**
   * The JSON object in a small file; nothing if there is no such file. Objects in it have no prototype.
   *
   * @throws If it is longer than 4 MB, or no strict JSON: also if a key occurs twice.
   */
  async json(name: string): Promise<PublishedConfig | undefined> {
    const text = await this.readText(name, LONGEST_JSON);
    if (text === undefined) return undefined;
    let json: Json;
    try {
      json = parseStrictJson(text);
    } catch (error) {
      throw new Error(`GPT.load: ${name} is not JSON (${(error as Error).message}). Download it again.`, {
        cause: error,
      });
    }
    if (json instanceof Map) return toPlain(json) as PublishedConfig;
    throw new Error(`GPT.load: ${name} is not a JSON object. Download it again.`);
  }

  private async findVerified(name: string): Promise<Bytes | undefined> {
    this.manifest ??= this.readManifest();
    const manifest = await this.manifest;
    const bytes = await this.findFile(name);
    if (!Object.hasOwn(manifest, name)) return bytes;
    try {
      if (bytes === undefined) throw new Error(`'${name}' is not there.`);
      await checkMark('GPT.load', name, bytes, manifest[name]);
      return bytes;
    } catch (error) {
      throw new Error(
        `GPT.load: ${(error as Error).message} Save or copy the model again; if the change was meant, delete ${MODEL_MANIFEST} beside it.`,
        { cause: error },
      );
    }
  }

  /** Lists nothing where another program wrote the model. */
  private async readManifest(): Promise<Manifest> {
    const bytes = await this.findFile(MODEL_MANIFEST);
    const text = bytes === undefined ? undefined : await textOf(MODEL_MANIFEST, bytes, LONGEST_JSON);
    if (text === undefined) return {};
    try {
      return parseManifest(MODEL_MANIFEST, text);
    } catch (error) {
      throw new Error(`GPT.load: ${(error as Error).message} Save or copy the model again.`, {
        cause: error,
      });
    }
  }

  private async readText(name: string, longest: number): Promise<string | undefined> {
    const bytes = await this.find(name);
    if (bytes === undefined) return undefined;
    return textOf(name, bytes, longest);
  }
}

/** @throws If it is longer than that, or not UTF-8. */
async function textOf(name: string, bytes: Bytes, longest: number): Promise<string> {
  const source = await openBytes('GPT.load', bytes);
  try {
    if (source.size > longest) {
      throw new Error(
        `GPT.load: ${name} has ${source.size} bytes, expected at most ${longest}. Download it again.`,
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

/** Objects without a prototype: a `__proto__` among their keys is a key like any other. */
function toPlain(json: Json): unknown {
  if (json instanceof JsonNumber) return Number(json.text);
  if (Array.isArray(json)) return json.map(toPlain);
  if (!(json instanceof Map)) return json;
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, value] of json) plain[key] = toPlain(value);
  return plain;
}
