import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { NO_BLAS } from '@evenkeel/example-common/start-backend';
import { Command, InvalidArgumentError, Option } from 'commander';
import { RECIPES, type RecipeName } from './recipes.js';
import type { Run } from './run.js';
import { PUBLISHED, type Setting, SMALL } from './settings.js';

const SETTINGS = { published: PUBLISHED, small: SMALL };

/** What `npm start` runs: in each setting the baseline and what generalises. */
const MAIN_JOB: readonly [Setting, RecipeName[]][] = [
  [PUBLISHED, ['adamw', 'orthograd']],
  // The softmax run is longer, to show that it is not merely slower.
  [SMALL, ['adamw', 'stablemax']],
];

/** Small enough for seconds. */
const SMOKE: Partial<Setting> = { modulus: 7, hidden: [16], trainFraction: 0.7, epochs: 60 };

interface Options extends Partial<Omit<Setting, 'name'>> {
  recipe?: RecipeName[];
  setting?: keyof typeof SETTINGS;
  backend: string;
  blas: boolean;
  smoke?: boolean;
  out?: string;
}

/**
 * From command-line arguments to runs. Prints help, or an error and exits, as commander does.
 */
export function parseArguments(args: readonly string[]): { runs: Run[]; out: string } {
  const { recipe, setting, backend, blas, smoke, out, ...options } = command()
    .parse(args, { from: 'user' })
    .opts<Options>();
  const overrides = smoke ? { ...SMOKE, ...options } : options;
  const plan: readonly [Setting, readonly RecipeName[]][] =
    recipe || setting
      ? [[SETTINGS[setting ?? 'published'], recipe ?? (Object.keys(RECIPES) as RecipeName[])]]
      : MAIN_JOB;
  const runs = plan.flatMap(([base, recipes]) => {
    const chosen = { ...base, ...overrides };
    return [...new Set(recipes)].map((name) => ({ setting: chosen, recipe: name, backend, blas }));
  });
  return { runs, out: outFolder('grokking', { out, smoke }) };
}

const command = () =>
  new Command('npm start --')
    .description(
      'Trains a small network on modular arithmetic, with and without ⊥Grad and StableMax.\n' +
        'Without --recipe and --setting it runs the main job: adamw and orthograd in the published setting,\n' +
        'adamw and stablemax in the small one. Options below change every run; their defaults are the setting’s.',
    )
    .addOption(new Option('--recipe <names...>', 'what to train with').choices(Object.keys(RECIPES)))
    .addOption(
      new Option(
        '--setting <name>',
        'published: mod 113, MLP 200-200 (default). small: mod 37, MLP 400',
      ).choices(Object.keys(SETTINGS)),
    )
    .addOption(new Option('--seed <integer>', 'decides split and initial weights').argParser(integer(0)))
    .addOption(new Option('--epochs <integer>', 'full-batch steps').argParser(integer(1)))
    .addOption(
      new Option('--operation <name>', 'what to learn').choices(['add', 'subtract', 'multiply', 'divide']),
    )
    .addOption(new Option('--modulus <integer>', 'a prime for divide').argParser(integer(2)))
    .addOption(
      new Option('--train-fraction <share>', 'share of all pairs to train on').argParser(
        number('between 0 and 1', (x) => x > 0 && x < 1),
      ),
    )
    .addOption(new Option('--hidden <widths...>', 'width of each hidden layer').argParser(integers))
    .addOption(
      new Option('--learning-rate <number>', 'step size').argParser(
        number('above 0', (x) => x > 0 && x < Infinity),
      ),
    )
    .addOption(
      new Option('--beta2 <number>', "AdamW's memory of squares").argParser(
        number('from 0 to below 1', (x) => x >= 0 && x < 1),
      ),
    )
    .addOption(
      new Option('--epsilon <number>', "AdamW's guard against division by zero").argParser(
        number('0 or more', (x) => x >= 0 && x < Infinity),
      ),
    )
    .addOption(new Option('--backend <name>', 'tfjs backend').choices(['wasm', 'cpu']).default('wasm'))
    .addOption(new Option('--no-blas', NO_BLAS))
    .addOption(new Option('--smoke', 'a tiny task, to see whether it works'))
    .addOption(new Option('--out <folder>', outHelp('grokking', 'where report and metrics go')))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  npm start -- --recipe orthograd --seed 2\n' +
        '  npm start -- --recipe adamw stablemax --setting small --epochs 600\n' +
        '  npm start -- --recipe orthograd --operation divide --modulus 97 --train-fraction 0.5',
    )
    .showHelpAfterError('(npm start -- --help shows all options)')
    .allowExcessArguments(false);

function number(expected: string, isAllowed: (x: number) => boolean) {
  return (text: string) => {
    const value = Number(text);
    if (text.trim() !== '' && isAllowed(value)) return value;
    throw new InvalidArgumentError(`Expected a number ${expected}.`);
  };
}

function integer(atLeast: number) {
  return (text: string) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= atLeast) return value;
    throw new InvalidArgumentError(`Expected a whole number, ${atLeast} or more.`);
  };
}

const integers = (text: string, previous: number[] = []) => [...previous, integer(1)(text)];
