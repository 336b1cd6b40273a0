import type { Tensor } from '@tensorflow/tfjs-core';

/** Parameters of a model or a part of it, by name; absent ones are choices the config did not make. */
export type Weights = Readonly<Record<string, Tensor>>;

/** The weights under a name: of `mlp.up.weight`, `within(weights, 'mlp')` has `up.weight`. */
export function within(weights: Weights, name: string): Weights {
  const prefix = `${name}.`;
  return Object.fromEntries(
    Object.entries(weights)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, weight]) => [key.slice(prefix.length), weight]),
  );
}
