// A tf.layers project, as it was and with another optimizer: what does each changed line buy?
//
//   npm run example -- tf-layers --help

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whole } from '@evenkeel/example-common/arguments';
import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { plotLines } from '@evenkeel/example-common/plot';
import { NO_BLAS, startBackend } from '@evenkeel/example-common/start-backend';
import { lipschitzCertificate } from '@evenkeel/lipschitz';
import * as tf from '@tensorflow/tfjs';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { type Epoch, type Project, trainProject } from './project.js';
import { VARIANTS, type VariantName } from './variants.js';

const names = Object.keys(VARIANTS) as VariantName[];
const {
  smoke,
  variants,
  blas,
  out: wanted,
  ...given
} = new Command('tf-layers')
  .description(
    'Trains an unchanged tf.layers project (project.ts) with each of the optimizers in variants.ts',
  )
  .addOption(new Option('--variants <names...>', 'which').choices(names).default(names, 'all'))
  .option('--modulus <n>', 'the network learns (a + b) mod this', whole, 59)
  .option('--epochs <n>', 'full-batch steps', whole, 250)
  .option('--seed <n>', 'split and first weights', whole, 1)
  .option('--no-blas', NO_BLAS)
  .option('--smoke', 'a tiny run, to see whether it works')
  .option('--out <folder>', outHelp('tf-layers', 'where accuracy.svg and results.json go'))
  .addHelpText('after', '\nExamples:\n  npm run example -- tf-layers --variants before orthograd --seed 2')
  .parse()
  .opts<Project & { variants: VariantName[]; blas: boolean; smoke?: boolean; out?: string }>();
const out = outFolder('tf-layers', { out: wanted, smoke });
const project: Project = smoke ? { ...given, modulus: 11, epochs: 40 } : given;
await startBackend('wasm', { blas });

/** A proven bound on how far the network can amplify a change of its input. */
const lipschitzOf = (model: tf.LayersModel) =>
  tf.tidy(() => {
    const kernels = model.layers.map((layer) => tf.transpose(layer.getWeights()[0]));
    const layers = kernels.map((weight, i) => ({
      weight,
      activation: i < kernels.length - 1 ? ('relu' as const) : ('identity' as const),
    }));
    return lipschitzCertificate({ architecture: 'mlp', layers }).lipschitz;
  });

const bar = new SingleBar({
  format: '{bar} {percentage} % · {eta_formatted} left · {name}: seen pairs {seen} %, new pairs {fresh} %',
  ...{ barsize: 24, hideCursor: true, noTTYOutput: true, notTTYSchedule: 10_000 },
});
bar.start(variants.length * project.epochs, 0, { name: variants[0], seen: '–', fresh: '–' });
const results: { name: VariantName; history: Epoch[]; lipschitz: number }[] = [];
for (const name of variants) {
  const history: Epoch[] = [];
  const model = await trainProject(VARIANTS[name](), project, (epoch) => {
    history.push(epoch);
    bar.increment(1, { name, seen: percent(epoch.seen), fresh: percent(epoch.fresh) });
  });
  results.push({ name, history, lipschitz: lipschitzOf(model) });
  model.dispose();
}
bar.stop();

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
console.log('\nvariant        seen pairs    new pairs    90 % of new pairs    Lipschitz bound');
for (const { name, history, lipschitz } of results) {
  const { seen, fresh } = history.at(-1)!;
  const found = history.find((epoch) => epoch.fresh >= 0.9)?.epoch;
  console.log(
    name.padEnd(12) +
      `${percent(seen)} %`.padStart(13) +
      `${percent(fresh)} %`.padStart(13) +
      (found ? `epoch ${found}` : `not in ${project.epochs}`).padStart(21) +
      lipschitz.toPrecision(3).padStart(19),
  );
}
mkdirSync(out, { recursive: true });
const points = results.flatMap(({ name, history }) =>
  history.map(({ epoch, fresh }) => ({ line: name, x: epoch, y: fresh })),
);
writeFileSync(join(out, 'results.json'), `${JSON.stringify({ ...project, results })}\n`);
writeFileSync(
  join(out, 'accuracy.svg'),
  plotLines(points, { x: 'epoch', y: 'right on new pairs, %', scale: 'percent', key: 'bottom-right' }),
);
console.log(`\nPlot: ${join(out, 'accuracy.svg')}`);
