import { join, resolve, sep } from 'node:path';
import { makeFolder } from '@evenkeel/files';
import { copyWeights, errorAlongPath, type Path } from '@evenkeel/mode-connectivity';
import { plotPath } from '@evenkeel/mode-connectivity/plot';
import { accuracy } from '@evenkeel/trainer';
import type { Override } from '@evenkeel/trainer/config';
import { IGNORED, lossOf, UsageError } from '@evenkeel/trainer/config';
import {
  checkSameFunction,
  isRun,
  judgesOf,
  type LabelledBatch,
  type OpenedModel,
  withModel,
  writeFile,
} from '@evenkeel/trainer/node';
import * as tf from '@tensorflow/tfjs';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { type AlignBy, alignedWeights, parametersOf } from '../aligned.js';
import { wholeFrom } from '../arguments.js';
import { addBackendFlags, type BackendFlags, useBackend } from '../backend.js';
import { entriesOf } from '../claim.js';
import { addConfigFlags } from '../config/flags.js';
import { outputOf, table } from '../output.js';

const [JSON_FILE, PLOT] = ['path.json', 'path.svg'];
const FILES = [JSON_FILE, PLOT];

interface Options extends BackendFlags {
  readonly alphas: number;
  readonly batches?: number;
  readonly align?: AlignBy | true;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function interpolateCommand(): Command {
  const command = new Command('interpolate')
    .summary('measures the barrier between two models')
    .description(
      'Walks the straight line from model A to model B in weight space and measures loss and error on the way, each point on the same batches. The barrier is how far the highest point lies above the mean of the ends.',
    )
    .argument('<a>', 'a run, a checkpoint (runs/x/checkpoints/step-00000500) or a model folder')
    .argument('<b>', 'another, of the same model and data')
    .option('--alphas <n>', 'points on the line, ends included', wholeFrom(2), 30)
    .option('--batches <n>', 'only so many batches of each split (default: all data)', wholeFrom(1))
    .addOption(
      new Option(
        '--align [by]',
        'first bring the units of B into the order of A’s, by weights (if nothing is said) or activations: for models that were trained apart',
      ).choices(['weights', 'activations']),
    )
    .option(
      '--out <folder>',
      `where ${FILES.join(' and ')} go (default: runs/ and the names of both, such as twin-1-and-twin-2)`,
    )
    .option('--overwrite', 'replace the path that is there already')
    .option('--json', 'everything as one JSON object');
  addBackendFlags(command);
  const overrides = addConfigFlags(command, {
    data: 'what to judge by (default: what the models learned from): a text, or tokens (.bin)',
    loss: 'softmax, stablemax or logStablemax (default: that of the models)',
  });
  return command.addHelpText('after', EXAMPLES).action(async (a: string, b: string, options: Options) => {
    const { out = placeOf(a, b) } = options;
    await checkFolder(out, options);
    await useBackend(options);
    const path = await withModel(a, 'latest', (first) =>
      withModel(b, 'latest', (second) => pathBetween(first, second, overrides(), options)),
    );
    const output = outputOf(options);
    await makeFolder('evenkeel', out);
    const aligned = options.align === true ? 'weights' : options.align;
    await writeFile(join(out, JSON_FILE), `${JSON.stringify({ a, b, aligned, ...path }, undefined, 2)}\n`);
    const title = `${b}${aligned ? `, aligned by ${aligned}` : ''} (α = 0) to ${a} (α = 1)`;
    await writeFile(join(out, PLOT), plotPath(path, { title }));
    output.emit({ a, b, aligned, ...path });
    output.say(`${shown(path)}\n\n${join(out, PLOT)} shows it, ${JSON_FILE} holds it`);
  });
}

/** runs/twin-1-and-twin-2; of checkpoints, runs/a-step-00000500-and-a-step-00001000. */
export const placeOf = (a: string, b: string): string => join('runs', `${nameOf(a)}-and-${nameOf(b)}`);

function nameOf(path: string): string {
  const parts = resolve(path).split(sep);
  return parts.at(-2) === 'checkpoints' ? `${parts.at(-3)}-${parts.at(-1)}` : parts.at(-1)!;
}

/** Makes sure that nothing is written over but a path, if that is wanted. */
async function checkFolder(out: string, { overwrite }: Options): Promise<void> {
  const entries = await entriesOf(out);
  if (!entries.every((entry) => FILES.includes(entry))) {
    throw new UsageError(
      `'${out}' holds ${isRun(out) ? 'a run' : 'something else than a path'}, expected a new folder or one of evenkeel interpolate. Name another with --out.`,
    );
  }
  if (entries.length === 0 || overwrite) return;
  throw new UsageError(
    `'${out}' holds a path already, expected a new folder. Name another with --out, or replace it with --overwrite.`,
  );
}

async function pathBetween(
  first: OpenedModel,
  second: OpenedModel,
  overrides: readonly Override[],
  { alphas, batches, align, json }: Options,
): Promise<Path> {
  checkSameFunction(first, second);
  const judges = await judgesOf([first, second], overrides);
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {value}/{total} points · {eta_formatted} left',
    hideCursor: true,
  });
  const { model } = first;
  const variables = parametersOf(model);
  const weightsA = copyWeights(variables);
  let weightsB = copyWeights(parametersOf(second.model));
  const loss = lossOf(judges.config);
  try {
    if (align) {
      const by = align === true ? 'weights' : align;
      const inOrder = await alignedWeights(model, second.model, by, judges);
      tf.dispose(weightsB);
      weightsB = inOrder;
    }
    if (process.stderr.isTTY && !json) bar.start(alphas, 0);
    return await errorAlongPath<LabelledBatch>(weightsA, weightsB, {
      variables,
      measure: ({ inputs, targets }) => {
        const logits = model.forward(inputs as tf.Tensor2D);
        return {
          loss: tf.mean(loss(targets, logits)) as tf.Scalar,
          error: tf.sub(1, accuracy(targets, logits)) as tf.Scalar,
        };
      },
      data: {
        train: judges.train,
        ...(judges.validation ? { validation: judges.validation } : {}),
      },
      weigh: ({ targets }) => tf.sum(tf.cast(tf.notEqual(targets, IGNORED), 'float32')),
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
  $ evenkeel interpolate runs/a runs/b --align
  $ evenkeel interpolate runs/a runs/b --data unseen.txt --loss softmax --out runs/unseen

Both are judged by the data that they learned from, which must be the same, or by those of --data; --data.tokenizer, --data.batchSize and
the like as in evenkeel train. Their loss must be the same, or named: --loss.

Twins learn the same data in another order. Two runs of modular arithmetic do with the same --data.splitSeed and another --seed, two that
learn on from one model (--model RUN, a checkpoint of one, a folder, or an id of the hub) with another --seed.`;
