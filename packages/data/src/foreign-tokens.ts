import { type ByteSource, createSha256, openBytes, writeAtomicFile } from '@evenkeel/files';
import { checkOptions, show } from './check.js';
import { MAX_SIDECAR_VOCABULARY, type Sidecar } from './sidecar.js';
import { sidecarText } from './sidecar-seal.js';
import { bytesPerToken, dtypeFor, type TokenDtype, unpackTokens } from './token-bytes.js';
import { checkTokenizer, type Tokenizer } from './tokenizer.js';

export interface AddSidecarOptions {
  /** The one that the tokens were made with. */
  tokenizer: Tokenizer;
  /** How a token is stored. Default: as llm.c's header says, else what the vocabulary needs: nanoGPT's uint16 for GPT-2. */
  dtype?: TokenDtype;
}

const WHERE = 'addSidecar';
/** How many bytes are read at once; a whole number of tokens. */
const CHUNK = 2 ** 20;

/**
 * Writes the sidecar of a `.bin` that nanoGPT, llm.c or another program has made, so that `TokenDataset.open` takes it.
 *
 *     await addSidecar('train.bin', { tokenizer: await gpt2Tokenizer() });
 *
 * Such files hold token after token, little-endian; llm.c's begin with a header of 1024 bytes. All of it is read once.
 *
 * @param bin Name of the file. The sidecar goes beside it, `train.bin.json`.
 * @throws If the file cannot be read, is cut off, or holds a token that the tokenizer does not have; if the sidecar cannot be
 *     written.
 */
export async function addSidecar(bin: string, options: AddSidecarOptions): Promise<Sidecar> {
  checkOptions(WHERE, options, ['tokenizer', 'dtype']);
  const { tokenizer, dtype: given } = options;
  checkTokenizer(WHERE, tokenizer);
  if (given !== undefined && given !== 'uint16' && given !== 'uint32') {
    throw new Error(`${WHERE}: dtype is ${show(given)}, expected 'uint16' or 'uint32'.`);
  }
  const source = await openBytes(WHERE, bin);
  try {
    const header = await readHeader(source);
    const dtype = given ?? header?.dtype ?? dtypeFor(tokenizer.vocabSize);
    const offset = header ? HEADER_BYTES : 0;
    const count = (source.size - offset) / bytesPerToken(dtype);
    if (!Number.isInteger(count) || (header && header.count !== count)) {
      throw new Error(
        `${WHERE}: '${bin}' has ${count} tokens of ${dtype}, expected ${header?.count ?? 'a whole number'}. ` +
          'It is cut off, or the dtype is another.',
      );
    }
    const sha256 = await hashChecked(bin, source, { offset, dtype }, tokenizer);
    const { vocabulary } = tokenizer as { vocabulary?: readonly string[] };
    const sidecar: Sidecar = {
      ...{ tokenizer: tokenizer.name, vocabSize: tokenizer.vocabSize, dtype, count, sha256 },
      ...(offset > 0 ? { offset } : {}),
      ...(tokenizer.endOfText === undefined ? {} : { endOfText: tokenizer.endOfText }),
      ...(Array.isArray(vocabulary) && vocabulary.length <= MAX_SIDECAR_VOCABULARY ? { vocabulary } : {}),
    };
    await writeAtomicFile(WHERE, `${bin}.json`, sidecarText(sidecar));
    return sidecar;
  } finally {
    await source.close?.();
  }
}

async function hashChecked(
  bin: string,
  source: ByteSource,
  { offset, dtype }: { offset: number; dtype: TokenDtype },
  tokenizer: Tokenizer,
): Promise<string> {
  const hash = await createSha256();
  if (offset > 0) hash.update(await source.read(0, offset));
  for (let at = offset; at < source.size; at += CHUNK) {
    const bytes = await source.read(at, Math.min(CHUNK, source.size - at));
    hash.update(bytes);
    const largest = unpackTokens(bytes, dtype, new Int32Array(bytes.length / bytesPerToken(dtype)));
    if (largest < tokenizer.vocabSize) continue;
    throw new Error(
      `${WHERE}: '${bin}' holds the token ${largest}, expected 0 to ${tokenizer.vocabSize - 1} as ${dtype}. ` +
        `It was made with another tokenizer than ${tokenizer.name}, or the dtype is another.`,
    );
  }
  return hash.hex();
}

/** 256 numbers of 32 bits: magic, version, count, and zeros. */
const HEADER_BYTES = 1024;
/** llm.c's token files of GPT-2 and of Llama 3, by their first number. */
const LLM_C: Readonly<Record<number, TokenDtype>> = { 20240520: 'uint16', 20240801: 'uint32' };

/** llm.c's header, if the file begins with one. */
async function readHeader(source: ByteSource): Promise<{ dtype: TokenDtype; count: number } | undefined> {
  if (source.size < HEADER_BYTES) return undefined;
  const { buffer, byteOffset } = await source.read(0, 12);
  const view = new DataView(buffer, byteOffset, 12);
  const [magic, count] = [view.getInt32(0, true), view.getInt32(8, true)];
  return magic in LLM_C ? { dtype: LLM_C[magic], count } : undefined;
}

/** What to say of a `.bin` that has no sidecar. */
export async function withoutSidecar(where: string, bin: string | URL, cause: unknown): Promise<Error> {
  const source = await openBytes(where, bin);
  try {
    const header = await readHeader(source);
    const origin = header
      ? `It has the header of llm.c (${header.dtype}, ${header.count} tokens)`
      : 'If it is a file of nanoGPT or llm.c';
    const isLlama = header?.dtype === 'uint32';
    return new Error(
      `${where}: '${bin}' has no sidecar '${bin}.json', expected the one that tokenize writes beside it. ` +
        `${origin}${header ? ':' : ','} make the sidecar with the tokenizer that made it, by ` +
        `await addSidecar('${bin}', { tokenizer: ${isLlama ? "await tokenizerFromFolder('llama')" : 'await gpt2Tokenizer()'} }) ` +
        `from @evenkeel/data or by evenkeel sidecar ${bin} --tokenizer ${isLlama ? 'llama/tokenizer.json' : 'gpt2'} on the ` +
        'command line. If it is text, make tokens of it with tokenize.',
      { cause },
    );
  } finally {
    await source.close?.();
  }
}
