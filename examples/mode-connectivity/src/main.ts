// Trains pairs of twins that differ in nothing but the order of their data, from a common beginning of growing length, and asks
// whether they end in the same valley: how much higher is the error half-way between them?
//
//   npm run example -- mode-connectivity --help

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { positive, whole } from '@evenkeel/example-common/arguments';
import { loadMnist } from '@evenkeel/example-common/mnist';
import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { plotLines } from '@evenkeel/example-common/plot';
import { NO_BLAS, startBackend } from '@evenkeel/example-common/start-backend';
import { instabilityAnalysis } from '@evenkeel/mode-connectivity';
import { plotInstability } from '@evenkeel/mode-connectivity/plot';
import { AdamW } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';

interface Options {
  steps: number;
  from: number[];
  layers: number;
  width: number;
  learningRate: number;
  images: number;
  seed: number;
  blas: boolean;
  smoke?: boolean;
  out?: string;
}

const stepsList = (text: string) => text.split(',').map((step) => (step === '0' ? 0 : whole(step)));

const command = new Command('mode-connectivity')
  .description(
    'When does the outcome of training stop hanging on the order of the data? Digits, a small network, twins forked ever later',
  )
  .option('--steps <n>', 'training steps of each model', whole, 400)
  .option(
    '--from <steps>',
    'after how many steps to fork twins, with commas between',
    stepsList,
    [0, 5, 10, 20, 50, 100, 200],
  )
  .option('--layers <n>', 'hidden layers', whole, 5)
  .option('--width <n>', 'of each hidden layer', whole, 64)
  .option('--learning-rate <x>', "AdamW's step size", positive, 0.01)
  .option('--images <n>', 'how many of the 60 000 training images', whole, 8000)
  .option('--seed <n>', 'first weights and orders', whole, 1)
  .option('--no-blas', NO_BLAS)
  .option('--smoke', 'a tiny run, to see whether it works')
  .option('--out <folder>', outHelp('mode-connectivity', 'where barriers.svg, paths.svg and results.json go'))
  .addHelpText('after', '\nExamples:\n  npm run example -- mode-connectivity --from 0,10,100 --steps 300')
  .parse();
const { smoke, ...given } = command.opts<Options>();
const { steps, from, layers, width, learningRate, images, seed } = smoke
  ? { ...given, steps: 30, from: [0, 15], width: 16, images: 500 }
  : given;
if (Math.max(...from) > steps) {
  command.error(`--from has ${Math.max(...from)}, expected at most --steps, which is ${steps}.`);
}
const out = outFolder('mode-connectivity', { ...given, smoke });
await startBackend('wasm', given);

const train = await loadMnist('train', { count: images, seed });
const test = await loadMnist('test', { count: smoke ? 200 : 2000, seed });
const widths = [784, ...new Array(layers).fill(width), 10];
const weights = widths.slice(1).map((outputs, layer) => {
  const limit = Math.sqrt(6 / widths[layer]);
  return tf.variable(tf.randomUniform([widths[layer], outputs], -limit, limit, 'float32', 10 * seed + layer));
});
const forward = (x: tf.Tensor) =>
  weights.reduce<tf.Tensor>((h, weight, layer) => tf.matMul(layer === 0 ? h : tf.relu(h), weight), x);
const optimizer = new AdamW({ learningRate });

// The order of the data: a batch of 64 that hangs on run and step alone.
const ORDERS = { common: 0, 'twin-a': 1, 'twin-b': 2 };
const trainStep = (run: keyof typeof ORDERS, step: number) =>
  tf.tidy(() => {
    const order = (3 * step + ORDERS[run]) * 1000 + seed;
    const rows = tf.randomUniform([64], 0, images, 'int32', order) as tf.Tensor1D;
    const [x, y] = [tf.gather(train.images, rows), tf.gather(train.labels, rows)];
    optimizer.minimize(() => sparseSoftmaxCrossEntropy(y, forward(x)), false, weights);
  });

const bar = new SingleBar({
  format: '{bar} {percentage} % · {eta_formatted} left · twins forked after {fork} steps',
  ...{ barsize: 24, hideCursor: true, noTTYOutput: true, notTTYSchedule: 10_000 },
});
// The common beginning is trained once, in pieces; each pair of twins to the end.
bar.start(Math.max(...from) + from.reduce((sum, fork) => sum + 2 * (steps - fork), 0), 0, { fork: from[0] });
const results = await instabilityAnalysis({
  variables: weights,
  optimizer,
  trainStep,
  steps,
  fromSteps: from,
  alphas: 21,
  data: { train: [{ x: train.images, y: train.labels }], test: [{ x: test.images, y: test.labels }] },
  measure: ({ x, y }) => {
    const logits = forward(x);
    const wrong = tf.notEqual(tf.argMax(logits, -1), y);
    return { loss: sparseSoftmaxCrossEntropy(y, logits), error: tf.mean(wrong) as tf.Scalar };
  },
  onProgress: ({ run, fromStep }) => run !== 'path' && bar.increment(1, { fork: fromStep }),
});
bar.stop();

console.log('\nforked after   error of the twins   half-way   barrier (error)   barrier (loss)   distance');
for (const { fromStep, values, barriers, atMean, distance } of results) {
  const ends = (values.test.error[0] + values.test.error.at(-1)!) / 2;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  console.log(
    String(fromStep).padStart(12) +
      percent(ends).padStart(21) +
      percent(atMean.test.error).padStart(11) +
      percent(barriers.test.error).padStart(18) +
      barriers.test.loss.toFixed(3).padStart(17) +
      distance.toFixed(1).padStart(11),
  );
}
mkdirSync(out, { recursive: true });
const paths = results.flatMap(({ fromStep, alphas, values }) =>
  alphas.map((x, i) => ({ line: `forked after ${fromStep}`, x, y: values.test.error[i] })),
);
writeFileSync(
  join(out, 'results.json'),
  `${JSON.stringify({ steps, layers, width, learningRate, images, seed, results })}\n`,
);
writeFileSync(join(out, 'barriers.svg'), plotInstability(results, { measure: 'error' }));
writeFileSync(
  join(out, 'paths.svg'),
  plotLines(paths, { x: 'from one twin to the other', y: 'test error, %', scale: 'percent' }),
);
console.log(`\nPlots: ${join(out, 'paths.svg')}, ${join(out, 'barriers.svg')}`);
