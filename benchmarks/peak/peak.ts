import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';
import { createProbe, flopOf } from './probe.js';

const TURNS = 2_000_000;
/** Of each array: no cache holds three of them. */
const BYTES = 64 * 2 ** 20;
const SIZE = 1024;

/** What can WebAssembly's 128-bit vectors reach on this machine, and how much of it does a matrix product? */
export async function* run(): AsyncGenerator<object> {
  await tf.setBackend('wasm');
  const { relaxedSimd } = await installWasmKernels(); // also switches relaxed SIMD on in Node 20
  uninstallWasmKernels();
  const memory = new WebAssembly.Memory({ initial: (3 * BYTES) / 2 ** 16 });
  const simd = createProbe(memory, false);
  const relaxed = relaxedSimd ? createProbe(memory, true) : null;
  const matrix = tf.randomNormal([SIZE, SIZE]);
  const product = () => tf.dispose(tf.matMul(matrix, matrix));
  const install = (relaxedSimd: boolean) => async () => {
    uninstallWasmKernels();
    await installWasmKernels({ relaxedSimd });
  };
  const work = [
    { engine: 'multiply-add, SIMD', flop: flopOf(TURNS), work: () => simd.multiplyAdd(TURNS, 0.5) },
    { engine: 'matmul-1024, SIMD', flop: 2 * SIZE ** 3, prepare: install(false), work: product },
    ...(relaxed
      ? [
          {
            engine: 'multiply-add, relaxed SIMD',
            flop: flopOf(TURNS),
            work: () => relaxed.multiplyAdd(TURNS, 0.5),
          },
          {
            engine: 'matmul-1024, relaxed SIMD',
            flop: 2 * SIZE ** 3,
            prepare: install(true),
            work: product,
          },
        ]
      : []),
    {
      engine: 'triad a x + b',
      bytes: 3 * BYTES,
      work: () => simd.triad(0, BYTES, 2 * BYTES, BYTES, 0.5),
    },
  ];
  const timings = await interleaved(work, { rounds: 11 });
  const rates = work.map(({ flop = 0 }, i) => flop / timings[i].cpuMs / 1e6);
  for (const [i, { engine, flop, bytes }] of work.entries()) {
    const { wallMs, cpuMs } = timings[i];
    yield {
      case: 'peak',
      engine,
      wallMs,
      cpuMs,
      ...(flop && { gflops: round(rates[i]) }),
      ...(engine.startsWith('matmul') && { ofPeak: round(rates[i] / rates[i - 1]) }),
      ...(bytes && { gigabytesPerSecond: round(bytes / cpuMs / 1e6) }),
    };
  }
  matrix.dispose();
  uninstallWasmKernels();
}

const round = (x: number): number => Number(x.toPrecision(3));
