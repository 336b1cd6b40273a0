import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { installBlas } from '../src/index.js';

// A worker thread that multiplies whole numbers, over and over, and counts the products that are not exact.

const { side, times } = workerData as { side: number; times: number };
await tf.setBackend('wasm');
const { installed, threads, reason } = await installBlas();
const values = Float32Array.from({ length: side * side }, (_, i) => (i * 7919) % 5);
const expected = tf.matMul(tf.tensor2d(values, [side, side]), tf.eye(side)).dataSync();
let wrong = 0;
for (let i = 0; i < times; i++) {
  tf.tidy(() => {
    const x = tf.tensor2d(values, [side, side]);
    const product = tf.matMul(tf.matMul(x, tf.eye(side)), tf.mul(2, tf.eye(side)), false, true).dataSync();
    if (product.some((y, j) => y !== 2 * expected[j])) wrong++;
  });
}
parentPort?.postMessage({
  installed,
  threads,
  reason,
  wrong,
  exact: expected.every((y, j) => y === values[j]),
});
