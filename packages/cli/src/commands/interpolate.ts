import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyWeights, errorAlongPath, type Path, type Weights } from '@evenkeel/mode-connectivity';
import { plotPath } from '@evenkeel/mode-connectivity/plot';
import { countedAccuracy, IGNORED, lossOf } from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { wholeFrom } from '../arguments.js';
import { addBackendFlags, type BackendOptions, useBackend } from '../backend.js';
import { addConfigFlags } from '../config/flags.js';
import type { Override } from '../config/overrides.js';
import { judgesOf, type LabelledBatch } from '../models-and-data.js';
import { outputOf, table } from '../output.js';
import { localName, type OpenedModel, withModel } from '../run-directory.js';
import { writeFile } from '../write-file.js';

interface Options extends BackendOptions {
  readonly alphas: number;
  readonly batches?: number;
  readonly out: string;
  readonly json?: boolean;
}

export function interpolateCommand(): Command {
  const command = new Command('interpolate')
    .summary('measures the barrier between two models')
    .description(
      'Walks the straight line from model A to model B in weight space and measures loss and error on the way, each point on the same batches. The barrier is how far the highest point lies above the mean of the ends.',
    )
    .argument('<a>', 'a run, a checkpoint (runs/x/checkpoints/step-00000500) or a model folder')
    .argument('<b>', 'another, of the same shape')
    .option('--alphas <n>', 'points on the line, ends included', wholeFrom(2), 30)
    .option('--batches <n>', 'only so many batches of each split (default: all data)', wholeFrom(1))
    .option('--out <folder>', 'where path.json and path.svg go', 'runs/interpolation')
    .option('--json', 'everything as one JSON object');
  addBackendFlags(command);
  const overrides = addConfigFlags(command);
  return command.addHelpText('after', EXAMPLES).action(async (a: string, b: string, options: Options) => {
    await useBackend(options);
    const path = await withModel(a, 'latest', (first) =>
      withModel(b, 'latest', (second) => pathBetween(first, second, overrides(), options)),
    );
    const output = outputOf(options);
    await mkdir(options.out, { recursive: true });
    await writeFile(join(options.out, 'path.json'), `${JSON.stringify({ a, b, ...path }, undefined, 2)}\n`);
    await writeFile(join(options.out, 'path.svg'), plotPath(path, { title: `${b} (α = 0) to ${a} (α = 1)` }));
    output.emit({ a, b, ...path });
    output.say(`${shown(path)}\n\n${join(options.out, 'path.svg')} shows it, path.json holds it`);
  });
}

async function pathBetween(
  first: OpenedModel,
  second: OpenedModel,
  overrides: readonly Override[],
  { alphas, batches, json }: Options,
): Promise<Path> {
  const judges = await judgesOf([first, second], overrides);
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {value}/{total} points · {eta_formatted} left',
    hideCursor: true,
  });
  const { model } = first;
  const [weightsA, weightsB] = [
    byLocalName(copyWeights(model.variables)),
    byLocalName(copyWeights(second.model.variables)),
  ];
  const loss = lossOf(judges.config);
  try {
    if (process.stderr.isTTY && !json) bar.start(alphas, 0);
    return await errorAlongPath<LabelledBatch>(weightsA, weightsB, {
      variables: Object.fromEntries(
        model.variables.map((variable: tf.Variable) => [localName(variable.name), variable]),
      ),
      measure: ({ inputs, targets }) => {
        const logits = model.forward(inputs as tf.Tensor2D);
        return {
          loss: tf.mean(loss(targets, logits)) as tf.Scalar,
          error: tf.sub(1, countedAccuracy(targets, logits)) as tf.Scalar,
        };
      },
      data: {
        train: judges.train,
        ...(judges.validation ? { validation: judges.validation } : {}),
      },
      weigh: ({ targets }) =>
        tf.tidy(() => tf.sum(tf.cast(tf.notEqual(targets, IGNORED), 'float32')).dataSync()[0]),
      alphas,
      maxBatches: batches,
      onProgress: (done, total) => {
        bar.setTotal(total);
        bar.update(done);
      },
    });
  } finally {
    bar.stop();
    tf.dispose([weightsA, weightsB]);
    await judges.close();
  }
}

const byLocalName = (weights: Weights): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [localName(name), tensor]));

function shown({ alphas, values, barriers, atMean, distance }: Path): string {
  const columns = Object.entries(values).flatMap(([split, measures]) =>
    Object.keys(measures).map((measure) => [split, measure] as const),
  );
  const row = (name: string, of: (split: string, measure: string) => number) => [
    name,
    ...columns.map(([split, measure]) => of(split, measure).toPrecision(4)),
  ];
  return table(
    ['α', ...columns.map(([split, measure]) => `${split} ${measure}`)],
    [
      ...alphas.map((alpha, i) => row(alpha.toFixed(3), (split, measure) => values[split][measure][i])),
      row('barrier', (split, measure) => barriers[split][measure]),
      row('mean of both', (split, measure) => atMean[split][measure]),
    ],
  ).concat(`\n\ndistance of the weights: ${distance.toPrecision(4)}`);
}

const EXAMPLES = `
Examples:
  $ evenkeel interpolate runs/twin-1 runs/twin-2
  $ evenkeel interpolate runs/a/checkpoints/step-00001000 runs/a --alphas 11 --batches 20

Twins learn the same data in another order. Two runs of modular arithmetic do with the same --data.splitSeed and another --seed, two that
learn on from one model (--model FOLDER, or an id of the hub) with another --seed.`;
