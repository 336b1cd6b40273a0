import type { Activation } from '../config.js';
import type { Fields } from './fields.js';

/** By the names of Python's transformers. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'geluTanh'],
  ['gelu_pytorch_tanh', 'geluTanh'],
  ['gelu_python_tanh', 'geluTanh'],
  ['gelu_fast', 'geluTanh'],
  ['gelu_accurate', 'geluTanh'],
  ['relu', 'relu'],
]);

/** The activation that a field names. */
export function activationOf(fields: Fields, field: string, fallback: string): Activation {
  const name = fields.text(field, fallback);
  const activation = ACTIVATIONS.get(name);
  if (activation) return activation;
  throw new Error(
    `GPT.load: config.json has the activation '${name.slice(0, 60)}', expected one of ${[...ACTIVATIONS.keys()].join(', ')}.`,
  );
}

/** The name under which it is written. Those of the last two are read by nothing but this package. */
export const activationName = (activation: Activation): string =>
  ({
    silu: 'silu',
    gelu: 'gelu',
    geluTanh: 'gelu_pytorch_tanh',
    relu: 'relu',
    modulaGelu: 'modulaGelu',
    maxMin: 'maxMin',
  })[activation];
