import type { Operation } from '@evenkeel/data';

/** Everything that decides a run, apart from the recipe. */
export interface Setting {
  /** What the setting is called in tables, in the report and in file names. */
  name: string;
  operation: Operation;
  modulus: number;
  /** Share of all pairs to train on. */
  trainFraction: number;
  /** Width of each hidden layer. */
  hidden: readonly number[];
  learningRate: number;
  beta2: number;
  epsilon: number;
  epochs: number;
  /** Decides the split and the initial weights. */
  seed: number;
  /** Train with @evenkeel/wasm-kernels on the wasm backend, or with tfjs's own kernels. */
  fastKernels: boolean;
}

/** The setting of the paper, in which AdamW alone does not generalise and ⊥Grad does. */
export const PUBLISHED: Setting = {
  name: 'published',
  operation: 'add',
  modulus: 113,
  trainFraction: 0.4,
  hidden: [200, 200],
  learningRate: 0.01,
  beta2: 0.99,
  epsilon: 1e-25,
  epochs: 300,
  seed: 1,
  fastKernels: true,
};

/** A setting in which StableMax generalises without any regularisation within seconds. */
export const SMALL: Setting = {
  name: 'small',
  operation: 'add',
  modulus: 37,
  trainFraction: 0.8,
  hidden: [400],
  learningRate: 0.03,
  beta2: 0.95,
  epsilon: 1e-25,
  epochs: 1000,
  seed: 1,
  // How far a float32 softmax collapses hangs on its last digit: here the baseline is the one tfjs computes.
  fastKernels: false,
};

/** "a + b mod 113, 40 % of pairs, MLP 226-200-200-113, lr 0.01, seed 1" */
export function describeSetting({
  operation,
  modulus,
  trainFraction,
  hidden,
  learningRate,
  seed,
}: Setting): string {
  const sign = { add: '+', subtract: '−', multiply: '×', divide: '÷' }[operation];
  const percent = Number((100 * trainFraction).toFixed(2));
  const layers = [2 * modulus, ...hidden, modulus].join('-');
  return `a ${sign} b mod ${modulus}, ${percent} % of pairs, MLP ${layers}, full batch, lr ${learningRate}, seed ${seed}`;
}
