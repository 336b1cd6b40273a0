// Teaches a small GPT to write like Shakespeare, letter by letter: watch the samples turn from noise into verse.
//
//   npm run example -- shakespeare --help

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { characterTokenizer } from '@evenkeel/data';
import { positive, whole } from '@evenkeel/example-common/arguments';
import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { POEM } from '@evenkeel/example-common/poem';
import { NO_BLAS, startBackend } from '@evenkeel/example-common/start-backend';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { type Point, plotLosses } from './plot.js';
import { SETTINGS, type Settings, SMOKE } from './settings.js';
import { readText } from './text.js';
import { train } from './train.js';

const command = new Command('shakespeare')
  .description('Trains a character model and lets it write')
  .option('--text <file>', 'a text of your own; without it tiny Shakespeare is downloaded')
  .option('--layers <n>', 'blocks', whole, SETTINGS.layers)
  .option('--heads <n>', 'attention heads', whole, SETTINGS.heads)
  .option('--width <n>', 'width', whole, SETTINGS.width)
  .option('--context-length <n>', 'characters seen at once', whole, SETTINGS.contextLength)
  .option('--batch-size <n>', 'pieces of text a step', whole, SETTINGS.batchSize)
  .option('--steps <n>', 'training steps', whole, SETTINGS.steps)
  .addOption(
    new Option('--optimizer <name>', 'for the matrices')
      .choices(['muon', 'adamw'])
      .default(SETTINGS.optimizer),
  )
  .option('--learning-rate <x>', 'largest step size', positive, SETTINGS.learningRate)
  .option('--evaluate-every <n>', 'steps between two samples', whole, SETTINGS.evaluateEvery)
  .option('--seed <n>', 'first weights, order of the text, samples', whole, SETTINGS.seed)
  .option('--no-blas', NO_BLAS)
  .option('--smoke', 'a tiny model and a small text, to see whether it works')
  .option('--out <folder>', outHelp('shakespeare', 'where losses.json and losses.svg go'))
  .addHelpText('after', '\nThe defaults take about ten minutes on two cores. A first look: --steps 200')
  .parse();
const {
  text: path,
  smoke,
  blas,
  out: wanted,
  ...chosen
} = command.opts<Settings & { text?: string; blas: boolean; smoke?: boolean; out?: string }>();
const out = outFolder('shakespeare', { out: wanted, smoke });
const settings: Settings = { ...SETTINGS, ...chosen, ...(smoke && SMOKE) };

const text = await readText(smoke ? POEM : path).catch((error: Error) => command.error(error.message));
await startBackend('wasm', { blas });
const bar = new SingleBar({
  format:
    '{bar} {percentage} % · {eta_formatted} left · step {value}/{total} · loss {loss} · validation {validation}',
  barsize: 24,
  hideCursor: true,
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
bar.start(settings.steps, 0, { loss: '–', validation: '–' });
const training: Point[] = [];
const validation: Point[] = [];
const started = performance.now();
for await (const event of train(text, characterTokenizer(text), settings)) {
  if (event.kind === 'step') {
    training.push({ step: event.step, loss: event.loss });
    bar.update(event.step, { loss: event.loss.toFixed(3) });
    continue;
  }
  const { step, validationLoss, sample } = event;
  validation.push({ step, loss: validationLoss });
  bar.update(step, { validation: validationLoss.toFixed(3) });
  console.log(
    `\n${pc.bold(`step ${step}, validation loss ${validationLoss.toFixed(3)}`)}\n${pc.dim(sample)}\n`,
  );
}
bar.stop();
const minutes = (performance.now() - started) / 60_000;

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'losses.json'), `${JSON.stringify({ settings, minutes, training, validation })}\n`);
writeFileSync(join(out, 'losses.svg'), plotLosses(training, validation));
const last = validation.at(-1)!;
console.log(
  `validation loss ${last.loss.toFixed(3)} after ${minutes.toFixed(1)} minutes; plot: ${join(out, 'losses.svg')}`,
);
