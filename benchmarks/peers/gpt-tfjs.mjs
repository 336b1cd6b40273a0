// A step of gpt-tfjs by its own `train`, on the wasm backend.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import gpt from 'gpt-tfjs';

export const create = (size) => createOn('wasm', size);

/** @returns A function that takes one step. Its optimizer starts anew each time, which changes no amount of work. */
export async function createOn(backend, { layers, heads, width, context, vocabulary, batch }) {
  await tf.setBackend(backend);
  const model = gpt.model.GPTLMHeadModel({
    nLayer: layers,
    nHead: heads,
    nEmbd: width,
    vocabSize: vocabulary,
    blockSize: context,
    dropout: 0,
  });
  const examples = Array.from({ length: batch }, () => {
    const tokens = Array.from({ length: context + 1 }, () => Math.floor(Math.random() * vocabulary));
    return { x: tokens.slice(0, context), y: tokens.slice(1) };
  });
  const data = tf.data.generator(function* () {
    for (const { x, y } of examples) {
      yield { x: tf.tensor1d(x, 'int32'), y: tf.cast(tf.oneHot(y, vocabulary), 'float32') };
    }
  });
  return () => model.train(data, { maxIter: 1, batchSize: batch, shuffle: 'batch', lr: 1e-3 });
}
