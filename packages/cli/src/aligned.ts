import { GPT, gptSymmetries } from '@evenkeel/gpt-model';
import {
  type ActivationPair,
  align,
  denseSymmetries,
  matchActivations,
  permute,
  type Symmetry,
} from '@evenkeel/mode-connectivity';
import type { Judges, OpenedModel } from '@evenkeel/trainer/node';
import { clone, keep, type Tensor, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs';

/** What units of two models are matched by. */
export type AlignBy = 'weights' | 'activations';

/** How many batches activations are matched by. */
const BATCHES = 4;

type Model = OpenedModel['model'];

/** A model's variables, under names that its symmetries know. */
export function parametersOf(model: Model): Record<string, Variable> {
  if (model instanceof GPT) return Object.fromEntries(model.parameters);
  return Object.fromEntries(
    model.variables.map((variable) => [variable.name.replace(/^[^/]*\//, ''), variable]),
  );
}

/**
 * The weights of the second model with its units in the order of the first.
 *
 * @param judges What both read to be matched by their activations.
 * @returns Weights under the names of {@link parametersOf}, the caller's to dispose.
 */
export async function alignedWeights(
  first: Model,
  second: Model,
  by: AlignBy,
  judges?: Judges,
): Promise<Record<string, Tensor>> {
  const symmetries = symmetriesOf(first);
  if (by === 'weights' || !judges) {
    return (await align(parametersOf(first), parametersOf(second), symmetries)).weights;
  }
  const permutations = await matchActivations(symmetries, activationPairs(first, second, judges));
  return permute(parametersOf(second), symmetries, permutations);
}

function symmetriesOf(model: Model): Symmetry[] {
  if (model instanceof GPT) return gptSymmetries(model.config);
  const { widths, bias, activation } = model.options;
  const layers = widths.slice(1).map((_, i) => ({
    kernel: `layers.${i}.weight`,
    ...(bias ? { bias: `layers.${i}.bias` } : {}),
  }));
  const dense = denseSymmetries(layers, widths.slice(1, -1), { layout: '[out, in]' });
  return dense.map((symmetry, i) => {
    const activations = [{ tensor: `layers.${i}`, axis: -1 }];
    return activation === 'maxMin' ? inPairs({ ...symmetry, activations }) : { ...symmetry, activations };
  });
}

/** maxMin sorts unit i with unit i + n/2: only both together can change places. */
function inPairs({ units, slices, activations = [], ...rest }: Symmetry): Symmetry {
  const pairs = units / 2;
  const both = (parts: Symmetry['slices']) => parts.flatMap((part) => [part, { ...part, start: pairs }]);
  return { ...rest, units: pairs, slices: both(slices), activations: both(activations) };
}

async function* activationPairs(first: Model, second: Model, judges: Judges): AsyncGenerator<ActivationPair> {
  let left = BATCHES;
  for await (const { inputs, targets } of judges.train()) {
    if (left-- === 0) {
      inputs.dispose();
      targets.dispose();
      return;
    }
    const pair = [activationsOf(first, inputs), activationsOf(second, inputs)] as const;
    inputs.dispose();
    targets.dispose();
    yield pair;
  }
}

function activationsOf(model: Model, inputs: Tensor): Record<string, Tensor> {
  const seen: Record<string, Tensor> = {};
  tidy(() => {
    model.forward(inputs as Tensor2D, {
      observe: (name, activation) => {
        seen[name] = keep(clone(activation));
      },
    });
  });
  return seen;
}
