import { maskedCrc32c } from './crc32c.js';

/** What TensorBoard reads of an event. Protobuf: `tensorflow.Event`. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  /** 'brain.Event:2', in the first event of a file. */
  readonly fileVersion?: string;
  readonly scalars?: Readonly<Record<string, number>>;
  /** A run goes on from `step`: TensorBoard drops what came after it. */
  readonly restart?: boolean;
}

/** One event as a record of an event file: length, checksum of the length, bytes, checksum of the bytes. */
export function eventRecord(event: TensorBoardEvent): Uint8Array {
  const bytes = concat(
    [tag(1, 1), doubleOf(event.wallTime)],
    event.step ? [tag(2, 0), varint(event.step)] : [],
    event.fileVersion ? field(3, utf8(event.fileVersion)) : [],
    event.scalars ? field(5, concat(...Object.entries(event.scalars).map(scalarValue))) : [],
    event.restart ? field(7, concat([tag(1, 0), varint(1)])) : [], // SessionLog.START
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return concat([length, uint32(maskedCrc32c(length)), bytes, uint32(maskedCrc32c(bytes))]);
}

/** `Summary.Value` with tag and simple_value. */
const scalarValue = ([name, value]: [string, number]): Uint8Array[] =>
  field(1, concat(field(1, utf8(name)), [tag(2, 5), floatOf(value)]));

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);
const field = (number: number, bytes: Uint8Array): Uint8Array[] => [
  tag(number, 2),
  varint(bytes.length),
  bytes,
];
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

const littleEndian = (size: number, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
};
const uint32 = (value: number) => littleEndian(4, (view) => view.setUint32(0, value, true));
const floatOf = (value: number) => littleEndian(4, (view) => view.setFloat32(0, value, true));
const doubleOf = (value: number) => littleEndian(8, (view) => view.setFloat64(0, value, true));

function concat(...parts: readonly (readonly Uint8Array[])[]): Uint8Array {
  const all = parts.flat();
  const bytes = new Uint8Array(all.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
