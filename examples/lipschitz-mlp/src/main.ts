// Trains digit classifiers whose weights are held by a cap, and shows what that costs and what it gives: accuracy, a proven
// Lipschitz bound, and accuracy under attack.
//
//   npm run example -- lipschitz-mlp --help

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whole } from '@evenkeel/example-common/arguments';
import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { NO_BLAS, startBackend } from '@evenkeel/example-common/start-backend';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { ACTIVATIONS } from './mlp.js';
import { RECIPE_NAMES, RECIPES, type RecipeName } from './recipes.js';
import { reportPage } from './report.js';
import { execute, type Result, type Run, type Settings } from './run.js';
import { formatTable } from './table.js';

const options = new Command('lipschitz-mlp')
  .description('MNIST with bounded weights: accuracy, certified Lipschitz bound, accuracy under attack')
  .option('--seeds <n>', 'how many seeds', whole, 1)
  .option('--steps <n>', 'training steps of each run', whole, 300)
  .option('--hidden <widths...>', 'widths of the hidden layers', ['128', '128'])
  .addOption(
    new Option('--activation <name>', 'between layers').choices(Object.keys(ACTIVATIONS)).default('relu'),
  )
  .option('--images <n>', 'how many of the 60 000 training images', whole, 60_000)
  .option('--attacked <n>', 'how many of the 10 000 test images to attack', whole, 300)
  .addOption(
    new Option('--recipes <names...>', 'which recipes').choices(RECIPE_NAMES).default(RECIPE_NAMES, 'all'),
  )
  .option('--levels <n>', 'only so many levels of each recipe, from tight to loose', whole)
  .option('--no-blas', NO_BLAS)
  .option('--smoke', 'a tiny run, to see whether it works')
  .option('--out <folder>', outHelp('lipschitz-mlp', 'where report.html and results.json go'))
  .addHelpText(
    'after',
    '\nAll recipes, one seed, take about five minutes. Try --recipes muon+softcap --levels 2',
  )
  .parse()
  .opts();
options.out = outFolder('lipschitz-mlp', options);

if (options.smoke) {
  Object.assign(options, {
    steps: 60,
    hidden: ['32'],
    images: 2000,
    attacked: 30,
    recipes: ['muon+softcap'],
    levels: 2,
  });
}
const settings: Settings = {
  hidden: (options.hidden as string[]).map(whole),
  activation: options.activation,
  steps: options.steps,
  batchSize: 128,
  trainImages: options.images,
  attackedImages: options.attacked,
  radii: [0.5, 1, 2, 3],
};
const runs: Run[] = (options.recipes as RecipeName[]).flatMap((recipe) =>
  RECIPES[recipe].levels
    .slice(0, options.levels)
    .flatMap((level) =>
      Array.from({ length: options.seeds as number }, (_, i) => ({ recipe, level, seed: i + 1, settings })),
    ),
);

await startBackend('wasm', options);
const bar = new SingleBar({
  format: '{bar} {percentage} % · {eta_formatted} left · {recipe} {level} · loss {loss}',
  barsize: 24,
  hideCursor: true,
  noTTYOutput: true,
  notTTYSchedule: 10_000,
});
bar.start(runs.length * settings.steps, 0, { recipe: '', level: '', loss: '–' });
const results: (Run & Result)[] = [];
for (const [i, run] of runs.entries()) {
  for await (const progress of execute(run)) {
    if ('result' in progress) results.push({ ...run, ...progress.result });
    else {
      const { recipe, level } = run;
      bar.update(i * settings.steps + progress.step, { recipe, level, loss: progress.loss.toFixed(3) });
    }
  }
}
bar.stop();

mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
writeFileSync(join(options.out, 'report.html'), reportPage(results));
console.log(`\n${formatTable(results)}\n\nReport: ${join(options.out, 'report.html')}`);
