import { type Bytes, createScratchFile, joinBytes, type ScratchFile } from '@evenkeel/files';
import { checkOptions, checkWhole } from './check.js';
import type { Sidecar } from './sidecar.js';
import type { TextSource } from './text-source.js';
import { checkEncodeOptions, ENCODE_OPTIONS, type EncodeOptions, writeTokens } from './write-tokens.js';

export interface TokenStoreOptions extends EncodeOptions {
  /** How many bytes of tokens are kept in memory; more go to a temporary file, where there is Node. Default 2²⁷. */
  maxMemory?: number;
}

/**
 * Encodes text to learn from at once: the tokens are kept in memory, or where they are many in a temporary file.
 *
 *     const store = await tokenStore(['corpus.txt'], { tokenizer });
 *     const data = await TokenDataset.open(store, { contextLength: 128 });
 *
 * Memory is bounded whatever the size of the text, as with `tokenize`, which keeps the tokens for later runs. The temporary
 * file has no name and is gone when the dataset is closed or the process ends, however it ends.
 *
 * @param source A text, a list of files, or `{ documents }`: see {@link TextSource}.
 * @returns What `TokenDataset.open` takes; closing the dataset frees it.
 * @throws As `tokenize` does, and if the temporary file cannot be written.
 */
export async function tokenStore(
  source: TextSource,
  options: TokenStoreOptions,
): Promise<{ sidecar: Sidecar; bytes: Bytes }> {
  const where = 'tokenStore';
  checkOptions(where, options, [...ENCODE_OPTIONS, 'maxMemory']);
  checkEncodeOptions(where, options);
  const { maxMemory = 2 ** 27 } = options;
  checkWhole(where, 'maxMemory', maxMemory, 0, Number.MAX_SAFE_INTEGER, 'In bytes.');

  const parts: Uint8Array[] = [];
  let size = 0;
  let file: ScratchFile | undefined;
  try {
    const sidecar = await writeTokens(where, source, options, async (bytes) => {
      size += bytes.length;
      if (size > maxMemory && hasFiles) {
        file ??= await createScratchFile(where);
        for (const part of parts.splice(0)) await file.write(part);
        await file.write(bytes);
      } else {
        parts.push(bytes);
      }
    });
    return { sidecar, bytes: file?.source() ?? joinBytes(parts) };
  } catch (error) {
    await file?.close();
    throw error;
  }
}

const hasFiles = typeof process !== 'undefined' && Boolean(process.versions?.node);
