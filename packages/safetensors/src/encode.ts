/** What floats can be stored as. */
export type StoredFloat = 'F32' | 'F16' | 'BF16';

/**
 * Rounds float32 numbers to a stored format, to nearest, ties to even; beyond its range to infinity.
 *
 * @returns Little-endian bytes.
 */
export function encodeFloats(floats: Float32Array, dtype: StoredFloat): Uint8Array {
  if (dtype === 'F32') return littleEndian(floats, 4);
  const round = dtype === 'BF16' ? toBfloat16 : toFloat16;
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  // A plain loop: Uint16Array.from makes a list of all numbers first, and ends the process where they are some hundred million.
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = round(bits[i]);
  return littleEndian(halves, 2);
}

/** A typed array's bytes, little-endian, without a copy where the machine is. */
export function littleEndian(array: ArrayBufferView, size: number): Uint8Array {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 || size === 1) return bytes;
  const swapped = bytes.slice();
  for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse();
  return swapped;
}

/** The upper half of a float32, rounded. */
function toBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // a NaN stays one
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function toFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2¹⁶ and more
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴: a multiple of 2⁻²⁴.
    const units = scaled(magnitude);
    const floor = Math.floor(units);
    const rest = units - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

const BITS = new Uint32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

/** A float32 by its bits, in units of 2⁻²⁴. */
function scaled(magnitude: number): number {
  BITS[0] = magnitude;
  return FLOAT[0] * 2 ** 24;
}
