import { linear } from '@evenkeel/ops';
import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { dropout, seedAt } from '../dropout.js';
import type { Weights } from '../weights.js';

/** What a model needs to know of an adapter that is attached to it. */
export interface Adapter {
  /** Between a matrix and A or B in the names of its weights: `blocks.0.attention.q.NAME.A`. */
  readonly name: string;
  /** Matrices A and B by full name, and whole parameters that take the place of the model's. */
  readonly weights: Weights;
  /** By what B A x is multiplied, by the full name of the matrix. */
  readonly scales: ReadonlyMap<string, number>;
  /** The share of entries of x that are dropped before A, in training. */
  readonly dropout: number;
}

/** The adapters of one part of a model in one pass. */
export interface Adapting {
  readonly adapters: readonly Adapter[];
  /** What stands before the names of its matrices: `blocks.0.attention.`. */
  readonly prefix: string;
  readonly training: boolean;
  readonly seed: number;
}

/** The adapters of a part inside. */
export const adaptingWithin = (adapting: Adapting, part: string): Adapting => ({
  ...adapting,
  prefix: `${adapting.prefix}${part}.`,
});

/**
 * A matrix of a model and what adapters add to it.
 *
 *     y = W x + b + Σ s B A dropout(x)
 *
 * @param weights W and b by name, `q.weight` and `q.bias`, and A and B of each adapter, `q.lora.A`.
 */
export function project(x: Tensor, weights: Weights, matrix: string, adapting: Adapting): Tensor {
  const y = linear(x, weights[`${matrix}.weight`], weights[`${matrix}.bias`]);
  return adapted(y, x, weights, matrix, adapting);
}

/** y = W x with what adapters add. */
export function adapted(
  y: Tensor,
  x: Tensor,
  weights: Weights,
  matrix: string,
  { adapters, prefix, training, seed }: Adapting,
): Tensor {
  return adapters.reduce((sum, adapter) => {
    const scale = adapter.scales.get(prefix + matrix);
    if (scale === undefined) return sum;
    const [A, B] = ['A', 'B'].map((part) => weights[`${matrix}.${adapter.name}.${part}`]);
    const rate = training ? adapter.dropout : 0;
    const input = dropout(x, { rate, seed: seedOf(prefix + matrix, seed) });
    return add(sum, mul(linear(linear(input, A), B), scale));
  }, y);
}

/** A seed of its own for each matrix. */
const seedOf = (name: string, seed: number): number =>
  [...name].reduce((mixed, character) => seedAt(mixed, character.charCodeAt(0)), seed);
