/** The numbers of a tensor. Floats of every size come as float32 or float64. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Turns stored bytes into numbers. BF16 and F16 become float32, exactly; BOOL becomes bytes of 0 and 1.
 *
 * @throws For the 8-bit floats, which have no array in JavaScript: read their bytes.
 */
export function decode(name: string, dtype: string, bytes: Uint8Array): TensorData {
  switch (dtype) {
    case 'F32':
      return new Float32Array(aligned(bytes, 4));
    case 'F64':
      return new Float64Array(aligned(bytes, 8));
    case 'BF16':
      return fromBfloat16(new Uint16Array(aligned(bytes, 2)));
    case 'F16':
      return fromFloat16(new Uint16Array(aligned(bytes, 2)));
    case 'I8':
      return new Int8Array(aligned(bytes, 1));
    case 'U8':
      return new Uint8Array(aligned(bytes, 1));
    case 'BOOL':
      return bytes.map((byte) => (byte === 0 ? 0 : 1));
    case 'I16':
      return new Int16Array(aligned(bytes, 2));
    case 'U16':
      return new Uint16Array(aligned(bytes, 2));
    case 'I32':
      return new Int32Array(aligned(bytes, 4));
    case 'U32':
      return new Uint32Array(aligned(bytes, 4));
    case 'I64':
      return new BigInt64Array(aligned(bytes, 8));
    case 'U64':
      return new BigUint64Array(aligned(bytes, 8));
    default:
      throw new Error(
        `readTensor: '${name}' is ${dtype}, which has no array in JavaScript, expected a dtype of 16 bits or more. ` +
          `Read its bytes with readBytes('${name}').`,
      );
  }
}

/** The bytes in a buffer of their own, in this machine's order: typed arrays need aligned memory. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const buffer = isWhole && bytes.buffer instanceof ArrayBuffer ? bytes.buffer : bytes.slice().buffer;
  if (!isLittleEndian && size > 1) {
    const swapped = new Uint8Array(buffer);
    for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse();
  }
  return buffer as ArrayBuffer;
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

function fromFloat16(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = FLOAT16[halves[i]];
  return floats;
}

/** All 65 536 float16 numbers: exact, and faster than taking each apart. */
const FLOAT16 = /* @__PURE__ */ (() => {
  const table = new Float32Array(2 ** 16);
  for (let bits = 0; bits < table.length; bits++) {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Infinity : Number.NaN;
    else
      table[bits] =
        sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  }
  return table;
})();
