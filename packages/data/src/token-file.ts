import { type ByteSource, type Bytes, createSha256, openBytes, openMemoryMap } from '@evenkeel/files';
import { show } from './check.js';
import { withoutSidecar } from './foreign-tokens.js';
import { MAX_SIDECAR_BYTES, parseSidecar, type Sidecar, sidecarTooLarge } from './sidecar.js';
import { sealOf } from './sidecar-seal.js';
import { bytesPerToken, unpackTokens } from './token-bytes.js';
import { verifyOnce } from './verified.js';

/** A `.bin` and its sidecar apart from each other, as in a page. */
export interface TokenFileParts {
  readonly bytes: Bytes;
  /** The sidecar's content, as text or parsed, or a Blob of it. */
  readonly sidecar: string | object;
}

/**
 * What a `.bin` holds, by the sidecar beside it. The tokens are not read.
 *
 * @throws If a file cannot be opened, or the sidecar is damaged or does not fit the `.bin`.
 */
export async function readSidecar(path: string | URL): Promise<Sidecar> {
  const file = await TokenFile.open('readSidecar', path, false);
  await file.close();
  return file.sidecar;
}

/** How many tokens `verify` reads at once. */
const CHUNK = 2 ** 18;

/** Stored tokens that are checked as they are read; several datasets can share one. */
export class TokenFile {
  private isClosed = false;

  private constructor(
    private readonly source: ByteSource,
    readonly sidecar: Sidecar,
    /** What errors call it. */
    private readonly name: string,
  ) {}

  /** @throws If a file cannot be opened, or the sidecar is damaged or does not fit the `.bin`. */
  static async open(
    where: string,
    file: string | URL | TokenFileParts,
    memoryMap: boolean,
  ): Promise<TokenFile> {
    const isName = typeof file === 'string' || file instanceof URL;
    if (!isName && (typeof file !== 'object' || file === null || !file.bytes || !file.sidecar)) {
      throw new Error(`${where}: the file is ${show(file)}, expected its name or { bytes, sidecar }.`);
    }
    const { bytes, sidecar } = isName ? { bytes: file, sidecar: await textOfSidecar(where, file) } : file;
    const source = await openSource(where, bytes, memoryMap);
    try {
      const name = isName ? `'${file}.json'` : 'the sidecar';
      const content = sidecar instanceof Blob ? await readText(where, name, sidecar) : sidecar;
      const parsed = parseSidecar(where, name, content, source.size);
      checkSeal(where, name, content, parsed);
      return new TokenFile(source, parsed, isName ? `'${file}'` : 'the .bin');
    } catch (error) {
      await source.close?.();
      throw error;
    }
  }

  /** @returns Tokens `start … start + count − 1`. */
  async read(start: number, count: number): Promise<Int32Array> {
    const source = this.opened();
    return this.unpack(await source.read(...this.place(start, count)), start, count);
  }

  /** The same without waiting. */
  readSync(start: number, count: number): Int32Array {
    const source = this.opened();
    if (source.readSync) return this.unpack(source.readSync(...this.place(start, count)), start, count);
    throw new Error(
      'TokenDataset.batchSync: these bytes can only be waited for, expected a file or a buffer. Use await batch().',
    );
  }

  /** Verifies it, unless this process has done so and nobody has written to the file since. */
  verifyOnce(where: string): Promise<void> {
    return verifyOnce(this.opened(), this.sidecar.sha256, () => this.verify(where));
  }

  /** Reads everything and compares it with the sidecar. */
  async verify(where: string): Promise<void> {
    const hash = await createSha256();
    const { count, offset = 0 } = this.sidecar;
    if (offset > 0) hash.update(await this.opened().read(0, offset));
    for (let start = 0; start < count; start += CHUNK) {
      const length = Math.min(CHUNK, count - start);
      const bytes = await this.opened().read(...this.place(start, length));
      this.unpack(bytes, start, length);
      hash.update(bytes);
    }
    const actual = hash.hex();
    if (actual === this.sidecar.sha256) return;
    throw new Error(
      `${where}: ${this.name} has sha256 ${actual}, expected ${this.sidecar.sha256} as in its sidecar. ` +
        'It is damaged or belongs to another sidecar; make it again with tokenize.',
    );
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.source.close?.();
  }

  /** @throws If it is closed. */
  opened(): ByteSource {
    if (!this.isClosed) return this.source;
    throw new Error('TokenDataset: it is closed, expected it open. Open it again.');
  }

  private place(start: number, count: number): [offset: number, length: number] {
    const width = bytesPerToken(this.sidecar.dtype);
    return [(this.sidecar.offset ?? 0) + start * width, count * width];
  }

  private unpack(bytes: Uint8Array, start: number, count: number): Int32Array {
    const { dtype, vocabSize } = this.sidecar;
    if (bytes.length !== count * bytesPerToken(dtype)) {
      throw new Error(
        `TokenDataset: ${bytes.length} bytes came, expected ${count * bytesPerToken(dtype)}. ` +
          'Check the read function of the bytes.',
      );
    }
    const tokens = new Int32Array(count);
    if (unpackTokens(bytes, dtype, tokens) < vocabSize) return tokens;
    const wrong = tokens.findIndex((token) => token >>> 0 >= vocabSize);
    throw new Error(
      `TokenDataset: token ${start + wrong} is ${tokens[wrong] >>> 0}, expected 0 to ${vocabSize - 1}. ` +
        'The .bin is damaged or belongs to another sidecar; make it again with tokenize.',
    );
  }
}

/** @throws If a sidecar that was sealed says something else now. One of another program has no seal. */
function checkSeal(where: string, name: string, content: string | object, parsed: Sidecar): void {
  const { seal } = (typeof content === 'string' ? JSON.parse(content) : content) as { seal?: unknown };
  if (seal === undefined || seal === sealOf(parsed)) return;
  throw new Error(
    `${where}: ${name} does not say what it did when it was written, expected it unchanged. It is damaged: make it again with ` +
      'tokenize; if the change was meant, delete the field seal.',
  );
}

async function openSource(where: string, bytes: Bytes, memoryMap: boolean): Promise<ByteSource> {
  if (!memoryMap) return openBytes(where, bytes);
  if (typeof bytes === 'string' || bytes instanceof URL) return openMemoryMap(where, bytes);
  throw new Error(`${where}: memoryMap is true, expected a file's name with it. Leave it out.`);
}

async function textOfSidecar(where: string, path: string | URL): Promise<string> {
  const name = `${path}.json`;
  const source = await openBytes(where, path instanceof URL ? new URL(name) : name).catch(async (error) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    throw await withoutSidecar(where, path, error);
  });
  try {
    if (source.size > MAX_SIDECAR_BYTES) throw sidecarTooLarge(where, `'${name}'`, source.size);
    return new TextDecoder().decode(await source.read(0, source.size));
  } finally {
    await source.close?.();
  }
}

async function readText(where: string, name: string, blob: Blob): Promise<string> {
  if (blob.size > MAX_SIDECAR_BYTES) throw sidecarTooLarge(where, name, blob.size);
  return blob.text();
}
