import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';
import { installEngine, uninstallEngine, type WasmEngine } from '../src/wasm-engines.js';

interface Case {
  name: string;
  a: number[];
  b: number[];
  transposeA?: boolean;
  transposeB?: boolean;
}

const square = (n: number): Case[] =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      name: `matmul-${n}-${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`,
      a: [n, n],
      b: [n, n],
      transposeA,
      transposeB,
    })),
  );

const CASES: Case[] = [
  ...square(512),
  ...square(1024),
  { name: 'matmul-batched-64x64x32x64', a: [64, 64, 32], b: [64, 32, 64] },
  { name: 'matmul-batched-48x256x64x256', a: [48, 256, 64], b: [48, 64, 256] },
];

/** Arithmetic per measurement: long enough to time, short enough for the slow cases. */
const FLOP = 5e8;

/** Which matrix products does @evenkeel/wasm-kernels make faster, and by how much? */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: { engines: { type: 'string', default: 'stock,evenkeel-simd,evenkeel,evenkeel+blas' } },
  });
  await tf.setBackend('wasm');
  for (const { name, a, b, transposeA, transposeB } of CASES) {
    const [x, y] = [tf.randomNormal(a), tf.randomNormal(b)];
    const work = () => tf.dispose(tf.matMul(x, y, transposeA, transposeB));
    const [inner, columns] = transposeB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
    const flop = 2 * (tf.util.sizeFromShape(a) / inner) * inner * columns;
    const timings = await interleaved(
      values.engines.split(',').map((engine) => ({
        engine,
        prepare: engine === 'stock' ? uninstallEngine : () => installEngine(engine as WasmEngine),
        work,
      })),
      { rounds: 7, warmup: 1, repetitions: Math.ceil(FLOP / flop) },
    );
    for (const timing of timings) {
      const gflops = Number((flop / timing.cpuMs / 1e6).toPrecision(3));
      const timesFirst = Number((1 / timing.ratio).toPrecision(3));
      yield { case: name, ...timing, gflops, timesFirst };
    }
    tf.dispose([x, y]);
    uninstallEngine();
  }
}
