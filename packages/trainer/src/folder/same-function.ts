import { Mlp } from '../parts/mlp.js';
import { UsageError } from '../usage-error.js';
import { differing } from './judges.js';
import type { OpenedModel } from './opened-model.js';

/**
 * Makes sure that two models compute the same from the same weights. Shapes alone do not tell: attention with 2 heads has
 * those of attention with 4.
 */
export function checkSameFunction(a: OpenedModel, b: OpenedModel): void {
  const name = differing(choicesOf(a), choicesOf(b));
  if (name === undefined) return;
  const [first, second] = [configOf(a), configOf(b)];
  const told = first.architecture === second.architecture ? name : 'architecture';
  throw new UsageError(
    `the models are different functions (${told} is ${shown(first[told])} and ${shown(second[told])}), expected the same: no line leads from one to the other. Train both with the same model.`,
  );
}

type Choices = Readonly<Record<string, unknown>>;

const configOf = ({ model }: OpenedModel): Choices =>
  model instanceof Mlp ? { architecture: 'mlp', ...model.options } : { ...model.config };

/** What decides a model's logits, sizes first; not how it begins and learns, nor what `predict` makes of its logits. */
function choicesOf(opened: OpenedModel): Choices {
  const { vocabSize, contextLength, layers, heads, width, ...others } = configOf(opened);
  const { architecture, name, seed, zeroInit, dropout, checkpointing, head, ...rest } = others;
  return { vocabSize, contextLength, layers, heads, width, ...rest };
}

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
