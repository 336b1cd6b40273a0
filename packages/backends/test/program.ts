import * as tf from '@tensorflow/tfjs';
import { startBackend } from '../src/index.js';

// A program that computes on webgpu and ends in one way or another.

await startBackend('webgpu');
const four = tf.square(tf.scalar(2));
console.log((await four.data())[0]);
const [how] = process.argv.slice(2);
if (how === 'throws') throw new Error('on purpose');
if (how === 'exits in the middle') {
  void tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).data();
  process.exit(3);
}
