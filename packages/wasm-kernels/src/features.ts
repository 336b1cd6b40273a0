/** `() => f32x4.abs(...)`: the smallest module that validates only with SIMD. */
const SIMD_PROBE = [0xfd, 0x0c, ...new Array(16).fill(0), 0xfd, 0xe0, 0x01, 0x1a];
/** The same with a relaxed multiply-add of three constants. */
const ZERO = [0xfd, 0x0c, ...new Array(16).fill(0)];
const RELAXED_PROBE = [...ZERO, ...ZERO, ...ZERO, 0xfd, 0x85, 0x02, 0x1a];

/** Whether the engine runs 128-bit SIMD. */
export const hasSimd = (): boolean => validates(SIMD_PROBE);

/**
 * Whether the engine runs relaxed SIMD, whose multiply-add rounds once. Node 20 has it behind a
 * flag, which this sets.
 */
export function hasRelaxedSimd(): boolean {
  if (validates(RELAXED_PROBE)) return true;
  const { process } = globalThis as { process?: NodeJS.Process };
  // Not an import: bundlers for browsers would have to resolve it.
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (!v8?.setFlagsFromString) return false;
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return validates(RELAXED_PROBE);
}

/** Validates a module with one function of the given body. */
function validates(body: readonly number[]): boolean {
  const code = [0, ...body, 0x0b];
  const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes];
  return WebAssembly.validate(
    new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, 1, 0x60, 0, 0),
      ...section(3, 1, 0),
      ...section(10, 1, code.length, ...code),
    ]),
  );
}
