import { GPT } from '@evenkeel/gpt-model';
import {
  averageWeights,
  dare,
  loadWeights,
  slerp,
  taskArithmetic,
  ties,
  type Weights,
} from '@evenkeel/mode-connectivity';
import { UsageError } from '@evenkeel/trainer/config';
import { checkSameFunction, exportModel, type OpenedModel, withModel } from '@evenkeel/trainer/node';
import { dispose } from '@tensorflow/tfjs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { alignedWeights, parametersOf } from '../aligned.js';
import { numberFlag, wholeFrom } from '../arguments.js';
import { useBackend } from '../backend.js';
import { checkModelPlace } from '../model-place.js';
import { outputOf } from '../output.js';

interface Options {
  readonly method: 'mean' | 'slerp' | 'taskArithmetic' | 'ties' | 'dare';
  readonly out: string;
  readonly base?: string;
  readonly align?: boolean;
  readonly weights?: readonly number[];
  readonly alpha?: number;
  readonly scale?: number;
  readonly density?: number;
  readonly elect?: 'sum' | 'count';
  readonly seed?: number;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Which flags a method knows. */
const KNOWN = {
  mean: ['weights', 'align'],
  slerp: ['alpha', 'align'],
  taskArithmetic: ['base', 'weights', 'scale'],
  ties: ['base', 'weights', 'scale', 'density', 'elect'],
  dare: ['base', 'weights', 'scale', 'density', 'elect', 'seed'],
} as const;
const CHOICES = ['base', 'align', 'weights', 'alpha', 'scale', 'density', 'elect', 'seed'] as const;

export function mergeCommand(): Command {
  return new Command('merge')
    .summary('makes one model of several')
    .description(
      'Makes one model of several that are the same function, without training, and writes it as evenkeel export does: the mean of their weights, a point on the arc between two, or what several learned from one base, added up.',
    )
    .argument(
      '<models...>',
      'runs, checkpoints (runs/x/checkpoints/step-00000500) or model folders, two or more',
    )
    .requiredOption('--out <folder>', 'where the model goes')
    .addOption(new Option('--method <name>', 'how').choices(Object.keys(KNOWN)).default('mean'))
    .option('--base <model>', 'what the models learned on from (taskArithmetic, ties, dare)')
    .option('--align', 'bring the units of each model into the order of the first one’s before (mean, slerp)')
    .option('--weights <numbers>', 'how much each counts, such as 0.7,0.3 (default: all the same)', numbers)
    .option(
      '--alpha <number>',
      'where on the arc, 1 is the first model, 0 the second (default: 0.5)',
      numberFlag,
    )
    .option('--scale <number>', 'what the sum of changes is multiplied by (default: 1)', numberFlag)
    .option(
      '--density <share>',
      'the share of changes that is kept (default: ties 0.2, dare 0.5)',
      numberFlag,
    )
    .addOption(
      new Option(
        '--elect <how>',
        'whose sign wins: of the larger sum, or of more models (default: ties sum, dare none)',
      ).choices(['sum', 'count']),
    )
    .option('--seed <n>', 'what dare keeps (default: 0)', wholeFrom(0))
    .addOption(
      new Option('--dtype <type>', 'how many bits a number has: BF16 and F16 halve the file and round')
        .choices(['F32', 'F16', 'BF16'])
        .default('F32'),
    )
    .option('--overwrite', 'replace the model that is there already')
    .option('--json', 'what was written, as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], options: Options) => {
      const { out, overwrite, method, dtype, json } = options;
      checkFlags(sources, options);
      await checkModelPlace(out, overwrite);
      await useBackend({ backend: 'cpu', kernels: false, blas: false });
      await withModels([...sources, ...(options.base ? [options.base] : [])], async (opened) => {
        checkAlike(opened, sources);
        const merged = await mergedWeights(opened, options);
        const [{ model, tokenizer }] = opened;
        loadWeights(parametersOf(model), merged);
        dispose(merged);
        const { files, modelType, notes } = await exportModel({ model, tokenizer }, out, { dtype });
        const output = outputOf({ json });
        output.emit({ models: sources, method, out, files, modelType, notes });
        output.say([`${out} holds ${files.join(', ')}`, ...notes].join('\n'));
      });
    });
}

function numbers(text: string): readonly number[] {
  const list = text.split(',').map(Number);
  if (list.every(Number.isFinite) && text.split(',').every((part) => part.trim() !== '')) return list;
  throw new InvalidArgumentError('expected numbers with commas between them, such as 0.7,0.3');
}

/** What is wrong is said before anything is read. */
function checkFlags(sources: readonly string[], options: Options): void {
  const { method, base, weights } = options;
  const known: readonly string[] = KNOWN[method];
  const unknown = CHOICES.find((name) => options[name] !== undefined && !known.includes(name));
  if (unknown) {
    const takers = Object.entries(KNOWN).filter(([, flags]) =>
      (flags as readonly string[]).includes(unknown),
    );
    throw new UsageError(
      `--${unknown} has no effect with --method ${method}, expected ${takers.map(([name]) => `--method ${name}`).join(' or ')}. Leave it out.`,
    );
  }
  const [least, most] = method === 'slerp' ? [2, 2] : method === 'mean' ? [2, Infinity] : [1, Infinity];
  if (sources.length < least || sources.length > most) {
    const wanted = most === 2 ? 'two' : least === 2 ? 'two or more' : 'one or more';
    throw new UsageError(`--method ${method} got ${sources.length} models, expected ${wanted}.`);
  }
  if (known.includes('base') && base === undefined) {
    throw new UsageError(
      `--method ${method} adds up what models learned from a base, expected it: --base MODEL`,
    );
  }
  if (weights && weights.length !== sources.length) {
    throw new UsageError(
      `--weights has ${weights.length} numbers for ${sources.length} models, expected one for each.`,
    );
  }
}

/** Opens several models for as long as some work takes. */
async function withModels<T>(
  [source, ...others]: readonly string[],
  work: (opened: OpenedModel[]) => Promise<T>,
): Promise<T> {
  return withModel(source, 'latest', (first) =>
    others.length === 0 ? work([first]) : withModels(others, (rest) => work([first, ...rest])),
  );
}

/** Models that mean different things by the same numbers have no mean. */
function checkAlike([first, ...others]: readonly OpenedModel[], sources: readonly string[]): void {
  for (const [i, other] of others.entries()) {
    checkSameFunction(first, other);
    if (!first.tokenizer || !other.tokenizer || !(first.model instanceof GPT)) continue;
    const [a, b] = [first.tokenizer, other.tokenizer];
    const ids = Array.from({ length: first.model.config.vocabSize }, (_, id) => id);
    const id = ids.find((id) => tokenOf(a, id) !== tokenOf(b, id));
    if (id === undefined) continue;
    throw new UsageError(
      `token ${id} is ${JSON.stringify(tokenOf(a, id))} in '${sources[0]}' and ${JSON.stringify(tokenOf(b, id))} in ` +
        `'${sources[i + 1] ?? 'the base'}', expected the same tokens. Train both with the same tokenizer.`,
    );
  }
}

function tokenOf({ decode }: NonNullable<OpenedModel['tokenizer']>, id: number): string | undefined {
  try {
    return decode([id]);
  } catch {
    // A vocabulary may be padded: ids without a token.
    return undefined;
  }
}

async function mergedWeights(opened: readonly OpenedModel[], options: Options): Promise<Weights> {
  const { method, base, align } = options;
  const models = opened.map(({ model }) => model);
  const learned = (base === undefined ? models : models.slice(0, -1)).map(parametersOf);
  const before = parametersOf(models[models.length - 1]);
  switch (method) {
    case 'taskArithmetic':
      return taskArithmetic(before, learned, options);
    case 'ties':
      return ties(before, learned, options);
    case 'dare':
      return dare(before, learned, options);
    case 'mean':
    case 'slerp': {
      const made: Weights[] = [];
      try {
        if (align)
          for (const model of models.slice(1)) made.push(await alignedWeights(models[0], model, 'weights'));
        const all: Weights[] = align ? [learned[0], ...made] : learned;
        return method === 'mean'
          ? averageWeights(all, options)
          : await slerp(all[0], all[1], options.alpha ?? 0.5);
      } finally {
        dispose(made.map((weights) => ({ ...weights })));
      }
    }
  }
}

const EXAMPLES = `
Examples:
  $ evenkeel merge runs/twin-1 runs/twin-2 --out models/mean
  $ evenkeel merge runs/a runs/b --method slerp --alpha 0.3 --align --out models/between
  $ evenkeel merge runs/poems runs/letters --base models/gpt2 --method ties --density 0.2 --out models/both

Task arithmetic, TIES and DARE add up changes, λ times (--scale): with several models 0.3 to 1 is usual. --align is for models that were
trained apart; those that learned on from one are in one order already.`;
