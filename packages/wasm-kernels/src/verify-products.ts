import type { WasmBackend } from './backend.js';
import type { Instance } from './module.js';

/** Past the blocks of assembly/multiply.ts, with rows, columns and inner indices left over everywhere. */
const [M, N, K] = [103, 131, 401];
/** The engine compiles what it ran often once more, better, on another thread: products are checked before and after. */
const ROUNDS = 6;
const PAUSE_MS = 5;

/**
 * Multiplies matrices of small whole numbers, whose products float32 holds exactly, in every transposition.
 *
 * @returns What is wrong, in words; null if nothing is.
 * @throws If the backend has no memory left for them.
 */
export async function whyProductsAreWrong(
  { wasm }: WasmBackend,
  { functions, scratch }: Instance,
): Promise<string | null> {
  const [a, b] = [wholeNumbers(M * K, 1), wholeNumbers(K * N, 2)];
  const expected = multiply(a, b);
  const at = wasm._malloc(4 * (a.length + b.length + expected.length)); // throws if there is no room, as guardMemory has it
  const [bAt, cAt] = [at + 4 * a.length, at + 4 * (a.length + b.length)];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      for (const [transposeA, transposeB] of TRANSPOSITIONS) {
        const numbers = new Float32Array(wasm.HEAPU8.buffer);
        numbers.set(transposeA ? transposed(a, M, K) : a, at / 4);
        numbers.set(transposeB ? transposed(b, K, N) : b, bAt / 4);
        functions.gemm(
          ...([scratch, 1, M, N, K, at, Number(transposeA), 0, bAt, Number(transposeB), 0] as const),
          ...([cAt, 0, 0, 0, 0, 0] as const),
        );
        const wrong = expected.findIndex((value, i) => numbers[cAt / 4 + i] !== value);
        if (wrong >= 0) {
          const got = numbers[cAt / 4 + wrong];
          return `a product of ${M} × ${K} by ${K} × ${N} has ${got} where ${expected[wrong]} is right`;
        }
      }
    }
    return null;
  } finally {
    wasm._free(at);
  }
}

const TRANSPOSITIONS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

/** Numbers from −4 to 4. */
function wholeNumbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 9) - 4;
  });
}

function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}

function multiply(a: Float32Array, b: Float32Array): Float64Array {
  const c = new Float64Array(M * N);
  for (let i = 0; i < M; i++) {
    for (let p = 0; p < K; p++) {
      const x = a[i * K + p];
      for (let j = 0; j < N; j++) c[i * N + j] += x * b[p * N + j];
    }
  }
  return c;
}
