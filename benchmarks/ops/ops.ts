import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';

/** A tensor of this shape, 512 Ki numbers, goes through every op. */
const SHAPE: [number, number] = [1024, 512];

/** Which ops does @evenkeel/wasm-kernels make faster, and by how much? */
export async function* run(): AsyncGenerator<object> {
  await tf.setBackend('wasm');
  const x = tf.randomUniform(SHAPE, 0.1, 2);
  const y = tf.randomUniform(SHAPE, 0.1, 2);
  const condition = tf.greater(x, y);
  const heads = tf.reshape(x, [16, 64, 8, 64]);
  const ids = tf.randomUniform([1024], 0, 1024, 'int32');
  const ops: Record<string, () => tf.Tensor> = {
    'sum-axis-0': () => tf.sum(x, 0),
    'sum-axis-1': () => tf.sum(x, 1),
    'mean-axis-0': () => tf.mean(x, 0),
    'max-axis-0': () => tf.max(x, 0),
    'transpose-2d': () => tf.transpose(x),
    'transpose-heads': () => tf.transpose(heads, [0, 2, 1, 3]),
    gather: () => tf.gather(x, ids),
    tile: () => tf.tile(x, [2, 1]),
    broadcast: () => tf.broadcastTo(tf.ones([1024, 1]), SHAPE),
    where: () => tf.where(condition, x, y),
    greater: () => tf.greater(x, y),
    maximum: () => tf.maximum(x, y),
    'pow-3': () => tf.pow(x, 3),
    exp: () => tf.exp(x),
    log: () => tf.log(x),
    tanh: () => tf.tanh(x),
    erf: () => tf.erf(x),
    softplus: () => tf.softplus(x),
    'log-softmax': () => tf.logSoftmax(x),
  };
  for (const [name, op] of Object.entries(ops)) {
    const work = () => tf.tidy(() => void op());
    const timings = await interleaved(
      [
        { engine: 'stock', prepare: uninstallWasmKernels, work },
        { engine: 'evenkeel', prepare: () => installWasmKernels(), work },
      ],
      { rounds: 7, warmup: 1, repetitions: 10 },
    );
    for (const timing of timings) {
      yield { case: name, ...timing, timesStock: Number((1 / timing.ratio).toPrecision(3)) };
    }
  }
  uninstallWasmKernels();
}
