import { accuracy as accuracyOf } from '@evenkeel/trainer';
import { IGNORED, lossOf } from '@evenkeel/trainer/config';
import {
  type Judges,
  judgesOf,
  type LabelledBatch,
  type OpenedModel,
  withModel,
} from '@evenkeel/trainer/node';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import { wholeFrom } from '../arguments.js';
import { addBackendFlags, type BackendFlags, useBackend } from '../backend.js';
import { addConfigFlags } from '../config/flags.js';
import { outputOf, table } from '../output.js';

interface Options extends BackendFlags {
  readonly checkpoint: string;
  readonly batches?: number;
  readonly json?: boolean;
}

/** What a model makes of some data: means over all labels that count. */
interface Measures {
  /** In nats per label. */
  readonly loss: number;
  /** e to the loss: among how many labels, all as likely, the model would be as unsure. */
  readonly perplexity: number;
  readonly accuracy: number;
  readonly labels: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('measures loss, perplexity and accuracy of a model')
    .description(
      'Measures loss, perplexity and accuracy of a model on the data that it learned from, each part by itself, or on others.',
    )
    .argument('<model>', 'the folder of a run, a checkpoint, or a model; a hub id')
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--batches <n>', 'only so many batches of each part (default: all data)', wholeFrom(1))
    .option('--json', 'everything as one JSON object');
  addBackendFlags(command);
  const overrides = addConfigFlags(command, {
    data: 'what to measure on (default: what the model learned from): a text, tokens (.bin), or instructions (.json, .jsonl)',
    loss: 'softmax, stablemax or logStablemax (default: that of the model)',
  });
  return command.addHelpText('after', EXAMPLES).action(async (source: string, options: Options) => {
    const given = overrides();
    await useBackend(options);
    await withModel(source, options.checkpoint, async (opened) => {
      const judges = await judgesOf([opened], given, { whole: true });
      const parts: Record<string, Measures> = {};
      try {
        const isOther = given.some(({ field: { path } }) => path === 'data' || path === 'data.file');
        const first = isOther && !judges.validation ? 'data' : 'train';
        parts[first] = await measuresOf(opened, judges, judges.train, options);
        if (judges.validation)
          parts.validation = await measuresOf(opened, judges, judges.validation, options);
      } finally {
        await judges.close();
      }
      const output = outputOf(options);
      output.emit({ model: source, step: opened.step, ...parts });
      output.say(shown(source, opened.step, parts));
    });
  });
}

async function measuresOf(
  { model }: OpenedModel,
  { config }: Judges,
  batches: Judges['train'],
  { batches: most = Infinity }: Options,
): Promise<Measures> {
  const loss = lossOf(config);
  const sums = { loss: 0, right: 0, labels: 0 };
  let read = 0;
  for await (const batch of batches()) {
    const { inputs, targets } = batch as LabelledBatch;
    const labels = await countLabels(targets);
    if (labels > 0) {
      const means = tf.tidy(() => {
        const logits = model.forward(inputs as tf.Tensor2D);
        return tf.stack([tf.mean(loss(targets, logits)), accuracyOf(targets, logits)]);
      });
      const [mean, accuracy] = await means.data();
      means.dispose();
      sums.loss += labels * mean;
      sums.right += labels * accuracy;
      sums.labels += labels;
    }
    tf.dispose([inputs, targets].filter((tensor) => !(tensor as { kept?: boolean }).kept));
    read += 1;
    if (read >= most) break;
  }
  const mean = sums.loss / sums.labels;
  return {
    loss: mean,
    perplexity: Math.exp(mean),
    accuracy: sums.right / sums.labels,
    labels: sums.labels,
  };
}

async function countLabels(targets: tf.Tensor): Promise<number> {
  const count = tf.tidy(() => tf.sum(tf.cast(tf.notEqual(targets, IGNORED), 'int32')));
  const [labels] = await count.data();
  count.dispose();
  return labels;
}

function shown(source: string, step: number | undefined, parts: Readonly<Record<string, Measures>>): string {
  const rows = Object.entries(parts).map(([name, { loss, perplexity, accuracy, labels }]) => [
    name,
    loss.toPrecision(4),
    perplexity.toPrecision(4),
    `${(100 * accuracy).toFixed(1)} %`,
    labels.toLocaleString('en'),
  ]);
  const title = `${source}${step === undefined ? '' : ` at step ${step}`}`;
  return table([title, 'loss', 'perplexity', 'accuracy', 'labels'], rows);
}

const EXAMPLES = `
Examples:
  $ evenkeel evaluate runs/shakespeare
  $ evenkeel evaluate runs/shakespeare --checkpoint best --data sonnets.txt
  $ evenkeel evaluate ./gpt2 --data letters.txt --batches 20 --json`;
