import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { saveSafetensors } from '@evenkeel/safetensors';
import * as tf from '@tensorflow/tfjs';
import { writeFiles } from './checkpoint.js';

/** A model as it is published, but for its numbers. */
export interface PublishedShape {
  /** Its config.json. */
  readonly config: object;
  /** The shape of each tensor, under its published name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Gains of norms, which are 1. */
  readonly ones: RegExp;
  readonly dtype: 'F32' | 'F16' | 'BF16';
}

/** Standard deviation of the weights: that with which GPT-2 and Llama begin. */
const DEVIATION = 0.02;

/**
 * Writes a model of a published shape with random weights, one tensor in memory at a time.
 *
 * @param files What lies beside, such as the tokenizer.
 */
export async function writeRandomWeights(
  directory: string,
  { config, shapes, ones, dtype }: PublishedShape,
  files: Record<string, string | object>,
): Promise<void> {
  // Tensors of up to a gigabyte: on the cpu backend they leave no memory behind that tfjs keeps.
  await tf.setBackend('cpu');
  await mkdir(directory, { recursive: true });
  let seed = 1;
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const own = seed++;
    const make = () => {
      const size = tf.util.sizeFromShape([...shape]);
      return tf.tensor(ones.test(name) ? new Float32Array(size).fill(1) : normalNumbers(size, own), [
        ...shape,
      ]);
    };
    return [name, { dtype: 'float32', shape, make }] as const;
  });
  const options = { dtype, metadata: { format: 'pt' } };
  await saveSafetensors(join(directory, 'model.safetensors'), Object.fromEntries(tensors), options);
  await writeFiles(directory, { ...files, 'config.json': config });
}

/** Normal numbers from a table of them: a billion in seconds, where the shape matters and not the tails. */
function normalNumbers(count: number, seed: number): Float32Array {
  const numbers = new Float32Array(count);
  // xorshift32
  let state = (seed * 0x9e3779b9) | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    numbers[i] = NORMAL[state >>> 16];
  }
  return numbers;
}

/** 65 536 normal numbers: Box and Muller’s transform of a grid. */
const NORMAL = Float32Array.from({ length: 2 ** 16 }, (_, i) => {
  const radius = Math.sqrt(-2 * Math.log(((i >> 8) + 0.5) / 256));
  return DEVIATION * radius * Math.cos((2 * Math.PI * ((i & 255) + 0.5)) / 256);
});
