import * as tf from '@tensorflow/tfjs';
import type { Size } from './cases.js';

/** A model's parameters by their PyTorch names; matrices are `[out, in]`. */
export type Weights = Record<string, tf.Variable>;

const STANDARD_DEVIATION = 0.02;

/** Matrices and tables drawn from N(0, 0.02²), gains 1, biases 0. */
export function createWeights(size: Size, prefix: string, seed = 1): Weights {
  let draws = 0;
  const value = (name: string, shape: number[]) => {
    if (shape.length > 1) return tf.randomNormal(shape, 0, STANDARD_DEVIATION, 'float32', seed + draws++);
    return name.includes('norm') && name.endsWith('weight') ? tf.ones(shape) : tf.zeros(shape);
  };
  return Object.fromEntries(
    Object.entries(shapes(size)).map(([name, shape]) => [
      name,
      tf.tidy(() => tf.variable(value(name, shape), true, `${prefix}.${name}`)),
    ]),
  );
}

/** The same numbers with each projection as `[in, out]`, which stock tfjs multiplies fastest. */
export function transposeProjections(weights: Weights, prefix: string): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [
      name,
      tf.tidy(() =>
        tf.variable(
          isProjection(name) ? tf.transpose(weight) : tf.clone<tf.Tensor>(weight),
          true,
          `${prefix}.${name}`,
        ),
      ),
    ]),
  );
}

/** Whether {@link transposeProjections} transposes this parameter. */
export const isProjection = (name: string): boolean => /(qkv|out|up|down)\.weight$/.test(name);

function shapes({ layers, width, context, vocabulary }: Size): Record<string, number[]> {
  const all: Record<string, number[]> = {
    'tokens.weight': [vocabulary, width],
    'positions.weight': [context, width],
    'norm.weight': [width],
    'norm.bias': [width],
  };
  for (let i = 0; i < layers; i++) {
    const layer = (name: string, ...shape: number[]) => {
      all[`blocks.${i}.${name}.weight`] = shape;
      all[`blocks.${i}.${name}.bias`] = [shape[0]];
    };
    layer('norm1', width);
    layer('qkv', 3 * width, width);
    layer('out', width, width);
    layer('norm2', width);
    layer('up', 4 * width, width);
    layer('down', width, 4 * width);
  }
  return all;
}
