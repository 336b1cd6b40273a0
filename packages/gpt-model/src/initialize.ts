import { fill, type Tensor, tensor, zeros } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from './config.js';
import { orthogonalNumbers } from './orthogonal-numbers.js';
import { normalNumbers, type Random } from './random.js';

/** Makes the first value of a parameter. The model takes it over: do not dispose it. */
export type Initialize = (name: string, shape: number[]) => Tensor;

/** GPT-2's spread of weights. */
const STD = 0.02;

/**
 * The first value of a parameter, as published.
 *
 *     gpt2         normal, deviation 0.02; the last matrix of each sublayer 0.02 / √(2 · layers)
 *     llama        normal, deviation 0.02
 *     lipschitz    orthogonal, RMS to RMS norm 1; embeddings normal, then each of RMS 1
 *
 * Biases start at 0, gains at 1 (Gemma's, to which 1 is added, at 0). Score biases start at
 * −distance · 2^(−8 (head + 1) / heads), so that heads look from very near to far.
 */
export function initialValue(name: string, shape: number[], config: ResolvedConfig, random: Random): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith('.scoreBias')) return scoreBias(shape);
  if (name.endsWith('.bias')) return zeros(shape);
  if (/(^|\.)norm\d?\.weight$/.test(name)) {
    return fill(shape, config.norm === 'rmsNormPlusOne' ? 0 : 1);
  }
  const isLast = /\.(out|down)\.weight$/.test(name);
  const lipschitz = config.architecture === 'lipschitz';
  if (config.zeroInit && (isLast || (lipschitz && name === 'head.weight'))) return zeros(shape);
  if (lipschitz) {
    const isTable = name === 'embed.weight' || name === 'position.weight';
    return tensor(isTable ? unitRows(shape, random) : orthogonalNumbers(shape[0], shape[1], random), shape);
  }
  const std = config.architecture === 'gpt2' && isLast ? STD / Math.sqrt(2 * config.layers) : STD;
  return tensor(normalNumbers(size, std, random), shape);
}

/** Random rows of root mean square 1. */
function unitRows([rows, width]: number[], random: Random): Float32Array {
  const numbers = normalNumbers(rows * width, 1, random);
  for (let row = 0; row < rows; row++) {
    const vector = numbers.subarray(row * width, (row + 1) * width);
    const rms = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0) / width);
    for (let i = 0; i < width; i++) vector[i] /= rms;
  }
  return numbers;
}

/** Falls with distance, steeply in the first head and hardly in the last. */
function scoreBias([distances, heads]: number[]): Tensor {
  const values = Float32Array.from({ length: distances * heads }, (_, n) => {
    const [distance, head] = [Math.floor(n / heads), n % heads];
    return -distance * 2 ** ((-8 * (head + 1)) / heads);
  });
  return tensor(values, [distances, heads]);
}

/**
 * The output bias with which a model that knows nothing else predicts how often each token occurs:
 * log((count + 1) / (all + tokens)). An extra output beyond the counts gets a count of 0.
 *
 * @throws If counts are not one per token, or negative.
 */
export function unigramBias(
  counts: ArrayLike<number>,
  config: ResolvedConfig,
  outputs: number,
): Float32Array {
  const list = Array.from(counts);
  if (list.length !== config.vocabSize || !list.every((count) => count >= 0 && Number.isFinite(count))) {
    throw new Error(
      `GPT: unigramCounts has ${list.length} entries, expected ${config.vocabSize} numbers ≥ 0. ` +
        `Count how often each token occurs in the training data.`,
    );
  }
  const all = list.reduce((a, b) => a + b, 0);
  return Float32Array.from({ length: outputs }, (_, i) => Math.log(((list[i] ?? 0) + 1) / (all + outputs)));
}
