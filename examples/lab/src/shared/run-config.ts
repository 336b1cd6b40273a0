import type { RunConfigInput } from '@evenkeel/trainer/config';
import { AdvisedError, ECCLESIASTES } from './advice.js';
import { type Settings, SIZES, type Size } from './settings.js';

/**
 * The trainer's config of a run, which is also what its checkpoints hold: the command line can go on with it.
 *
 * @param text What a task of text learns from.
 * @throws If a choice does not fit another, or the text is too short.
 */
export function runConfigOf(settings: Settings, text = ''): RunConfigInput {
  const { loss, steps, seed, constraint, strength } = settings;
  return {
    model: modelOf(settings),
    data: dataOf(settings, text),
    loss,
    optimizer: optimizerOf(settings),
    orthograd: settings.optimizer === 'orthogonal-adamw',
    constraint: constraintOf(constraint, strength),
    steps,
    seed,
    ...paceOf(settings),
  };
}

function modelOf({ task, model, size }: Settings): RunConfigInput['model'] {
  const { hidden, layers, heads, width, contextLength } = SIZES[size];
  if (model !== 'mlp') {
    return { architecture: model, layers, heads, width, contextLength: isText(task) ? contextLength : 4 };
  }
  if (isText(task)) {
    throw new AdvisedError(
      'An MLP cannot read text. Choose GPT-2, Llama or Lipschitz as the model, or modular arithmetic.',
      [
        { words: 'Choose GPT-2', settings: { model: 'gpt2' } },
        { words: 'Learn modular arithmetic', settings: { task: 'modularArithmetic' } },
      ],
    );
  }
  return { architecture: 'mlp', hidden: [...hidden] };
}

function dataOf({ task, modulus, model, size, batchSize }: Settings, text: string): RunConfigInput['data'] {
  if (!isText(task)) {
    return { kind: 'modularArithmetic', modulus, batchSize: model === 'mlp' ? 'all' : batchSize };
  }
  const needed = shortestText(SIZES[size].contextLength);
  const characters = [...text].length;
  if (characters < needed) {
    const came = characters === 0 ? 'There is no text yet' : `The text has ${characters} characters`;
    const fitting = SMALLER.find((each) => characters >= shortestText(SIZES[each].contextLength));
    throw new AdvisedError(
      `${came}; this model needs at least ${needed}. Give it a longer text${fitting ? ', or choose a smaller model' : ''}.`,
      [...(fitting ? [{ words: `Make it ${fitting}`, settings: { size: fitting } }] : []), ECCLESIASTES],
    );
  }
  return { kind: 'text', text, batchSize, validationFraction: VALIDATION };
}

/** Sizes, the largest first. */
const SMALLER: readonly Size[] = ['medium', 'small', 'tiny'];
const VALIDATION = 0.1;
/** Both parts need a row and the character after it. */
const shortestText = (contextLength: number): number => Math.ceil((contextLength + 1) / VALIDATION);

export const isText = (task: Settings['task']): boolean => task !== 'modularArithmetic';

/** Weight decay is a constraint here, so optimizers have none of their own. */
function optimizerOf({ optimizer, learningRate }: Settings): RunConfigInput['optimizer'] {
  const adam = { learningRate, weightDecay: 0 };
  switch (optimizer) {
    case 'grokadamw':
      return { name: 'grokadamw', ...adam };
    case 'muon':
      return { name: 'muon', learningRate, adam: { learningRate: learningRate / 5, weightDecay: 0 } };
    default:
      return { name: 'adamw', ...adam };
  }
}

function constraintOf(name: Settings['constraint'], strength: number): RunConfigInput['constraint'] {
  if (name === 'none') return name;
  return name === 'decoupledWeightDecay' ? { name, weightDecay: strength } : { name, maxNorm: strength };
}

/** How often things are measured: often enough for a curve, seldom enough that training gets most of the time. */
function paceOf({ task, steps }: Settings): Pick<RunConfigInput, 'logEvery' | 'evaluate' | 'measure'> {
  const logEvery = steps <= 200 ? 2 : 10;
  return {
    logEvery,
    measure: { every: 2 * logEvery, certifyEvery: 5 * logEvery },
    evaluate: { every: 5 * logEvery, ...(isText(task) ? { batches: 8 } : {}) },
  };
}
