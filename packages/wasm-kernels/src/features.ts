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
  const node = nodeWithFlags();
  if (!node) return false;
  node.setFlag('--experimental-wasm-relaxed-simd');
  return validates(RELAXED_PROBE);
}

/** The first version of Node whose V8 can revectorize. */
const REVECTORIZES = 22;

/** Whether V8 can join neighbouring vectors of 128 bits into one of 256 when it compiles wasm. */
export const canRevectorize = (): boolean => (nodeWithFlags()?.major ?? 0) >= REVECTORIZES;

/** Switches that on or off, for what the process compiles from now on. */
export function setRevectorize(on: boolean): void {
  nodeWithFlags()?.setFlag(`--${on ? '' : 'no-'}experimental-wasm-revectorize`);
}

/** Node, if this is one that lets a program set V8's flags. */
function nodeWithFlags(): { major: number; setFlag(flag: string): void } | null {
  const { process } = globalThis as { process?: NodeJS.Process };
  // Not an import: bundlers for browsers would have to resolve it.
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (!process || !v8?.setFlagsFromString) return null;
  return {
    major: Number.parseInt(process.versions.node, 10),
    setFlag: (flag) => v8.setFlagsFromString(flag),
  };
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
