import type { ByteSource } from '@evenkeel/files';
import { BYTES_PER_NUMBER } from './dtype.js';
import { type Json, JsonNumber, type JsonObject, parseStrictJson } from './strict-json.js';

/** What a header says about one tensor. */
export interface TensorInfo {
  /** As the format names it: `F32`, `BF16`, `I64`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** How many there are. */
  readonly byteLength: number;
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The longest header that is read, as in the official implementation: 100 MB. */
const MAX_HEADER = 100_000_000;
const LENGTH_BYTES = 8;

/** @throws If the file is not a valid safetensors file, with what is wrong and where. Nothing else is read. */
export async function readHeader(name: string, source: ByteSource): Promise<Header> {
  const fail = (what: string): never => {
    throw new Error(`${name} is no valid safetensors file: ${what}. Download or save it again.`);
  };
  if (source.size < LENGTH_BYTES) fail(`it has ${source.size} bytes, expected at least ${LENGTH_BYTES}`);
  const lengthBytes = await source.read(0, LENGTH_BYTES);
  const length = new DataView(lengthBytes.buffer, lengthBytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER)) fail(`its header claims ${length} bytes, expected at most ${MAX_HEADER}`);
  const headerLength = Number(length);
  const dataStart = LENGTH_BYTES + headerLength;
  if (dataStart > source.size)
    fail(`its header claims ${length} bytes, but ${source.size - LENGTH_BYTES} follow`);

  let json: Json;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      await source.read(LENGTH_BYTES, headerLength),
    );
    json = parseStrictJson(text);
  } catch (error) {
    return fail(`its header is not JSON (${(error as Error).message})`);
  }
  if (!(json instanceof Map)) return fail('its header is not a JSON object');
  const metadata = readMetadata(json, fail);
  json.delete('__metadata__');
  const tensors = new Map([...json].map(([key, value]) => [key, readInfo(key, value, dataStart, fail)]));
  checkLayout(tensors, dataStart, source.size, fail);
  return { tensors, metadata };
}

type Fail = (what: string) => never;

function readMetadata(header: JsonObject, fail: Fail): Map<string, string> {
  const metadata = header.get('__metadata__') ?? new Map<string, Json>();
  if (!(metadata instanceof Map)) return fail('__metadata__ is not a JSON object');
  for (const [key, value] of metadata) {
    if (typeof value !== 'string') fail(`__metadata__ has '${key}' that is not a string`);
  }
  return metadata as Map<string, string>;
}

function readInfo(name: string, value: Json, dataStart: number, fail: Fail): TensorInfo {
  const tensor = `tensor ${JSON.stringify(name.slice(0, 200))}`;
  if (!(value instanceof Map)) return fail(`${tensor} is not described by a JSON object`);
  const dtype = value.get('dtype');
  const bytes = typeof dtype === 'string' ? BYTES_PER_NUMBER.get(dtype) : undefined;
  if (bytes === undefined) {
    const known = [...BYTES_PER_NUMBER.keys()].join(', ');
    return fail(`${tensor} has the dtype ${describe(dtype)}, expected one of ${known}`);
  }
  const shape = wholes(value.get('shape'));
  if (!shape)
    return fail(
      `${tensor} has the shape ${describe(value.get('shape'))}, expected a list of whole numbers ≥ 0`,
    );
  const offsets = wholes(value.get('data_offsets'));
  if (offsets?.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`${tensor} has data_offsets ${describe(value.get('data_offsets'))}, expected [begin, end]`);
  }
  const [begin, end] = offsets;
  const size = shape.reduce((product, length) => product * length, bytes);
  if (size !== end - begin) {
    return fail(`${tensor}, ${dtype} [${shape}], needs ${size} bytes, but its range has ${end - begin}`);
  }
  return { dtype: dtype as string, shape, offset: dataStart + begin, byteLength: end - begin };
}

/** Whole numbers ≥ 0 of a JSON list, or nothing if it is anything else. */
function wholes(value: Json | undefined): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = value.map((item) => (item instanceof JsonNumber ? item.whole : undefined));
  return numbers.every((number) => number !== undefined) ? (numbers as number[]) : undefined;
}

/** The tensors must follow each other without gap or overlap, to the end of the file. */
function checkLayout(
  tensors: ReadonlyMap<string, TensorInfo>,
  dataStart: number,
  size: number,
  fail: Fail,
): void {
  let reached = dataStart;
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  for (const [name, { offset, byteLength }] of inOrder) {
    if (offset !== reached) {
      fail(
        `tensor ${JSON.stringify(name.slice(0, 200))} begins at byte ${offset}, ` +
          `${offset < reached ? 'inside the one before' : 'after a gap'}, expected ${reached}`,
      );
    }
    reached = offset + byteLength;
  }
  if (reached !== size) fail(`its tensors end at byte ${reached}, but the file has ${size}`);
}

function describe(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value, (_key, part) =>
    part instanceof JsonNumber ? part.text : part instanceof Map ? '{…}' : (part as unknown),
  );
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
