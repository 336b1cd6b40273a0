import { join } from 'node:path';
import { streamingDecoder, type Tokenizer } from '@evenkeel/data';
import { GPT, generate } from '@evenkeel/gpt-model';
import type { Callback } from '@evenkeel/trainer';
import { buildRun, parseRunConfig, type RunConfig, type RunParts, trainRun } from '@evenkeel/trainer/config';
import {
  checkTokens,
  METRICS,
  metricsFile,
  newestStep,
  onInterrupt,
  progress,
  REPORT,
  readRun,
  runNamed,
  samples,
  tensorboard,
  tokenizerOf,
  writeReport,
  writeRun,
} from '@evenkeel/trainer/node';
import pc from 'picocolors';
import { type BackendOptions, useBackend } from './backend.js';
import type { Output } from './output.js';
import { measured } from './words.js';

/** Characters or tokens of a sample. */
const SAMPLE_LENGTH = 200;

export interface TrainingOptions {
  /** Of a new run: empties its folder, once model and data are there. Without it the run in the folder goes on. */
  readonly makeRoom?: () => Promise<void>;
  /** What it runs on, written down so that a resumed run does, too. */
  readonly backend: BackendOptions;
}

export interface Trained {
  /** 0, or 130 after Ctrl-C. */
  readonly exitCode: number;
  readonly reason: string;
  readonly step: number;
  /** As last measured. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Trains into a folder, and says what happens and what there is at the end. */
export async function trainInto(
  directory: string,
  config: RunConfig,
  output: Output,
  { makeRoom, backend }: TrainingOptions,
): Promise<Trained> {
  const resume = makeRoom === undefined;
  const interrupt = onInterrupt();
  const metrics = join(directory, METRICS);
  let hasRecords = false;
  const started = performance.now();
  const before = runBefore(config);
  const tokenizer = await tokensOf(directory, before, resume);
  let parts: RunParts | undefined;
  try {
    parts = await buildRun(config, {
      tokenizer,
      loadWeights: !(resume && (await newestStep(directory)) !== undefined),
    });
    checkTokens(tokenizer, parts.data);
    await makeRoom?.();
    if (!resume) await writeRun(directory, parts, backend, before);
    introduce(parts, directory, output, resume);
    const result = await trainRun(parts, {
      resume,
      signal: interrupt.signal,
      workers: { script: new URL('../bin/worker.js', import.meta.url), argv: [directory] },
      callbacks: [
        ...(output.json ? [] : [progress()]),
        metricsFile({ path: metrics, config }),
        tensorboard({ directory }),
        samples({ path: metrics, every: config.evaluate.every, write: sampleWriter(parts) }),
        announce(output),
        {
          onMetrics: () => {
            hasRecords = true;
          },
        },
      ],
    });
    const report = join(directory, REPORT);
    if (hasRecords) await writeReport({ path: report, runs: [directory], title: directory });
    const minutes = (performance.now() - started) / 60_000;
    const { reason, step, metrics: last } = result;
    output.emit({ event: 'end', reason, step, metrics: last, directory });
    output.say(ending(directory, result, minutes, hasRecords, parts.model instanceof GPT));
    return { exitCode: interrupt.exitCode, reason, step, metrics: last };
  } finally {
    parts?.model.dispose();
    await parts?.close();
    interrupt.dispose();
  }
}

/** The run that one learns on from, if it does. */
const runBefore = ({ model }: RunConfig): string | undefined =>
  'load' in model && typeof model.load === 'string' ? runNamed(model.load)?.directory : undefined;

/** The tokens that a model knows already: those of a run that goes on, or of the one that it learns on from. */
async function tokensOf(
  directory: string,
  before: string | undefined,
  resume: boolean,
): Promise<Tokenizer | undefined> {
  const source = resume ? directory : before;
  return source === undefined ? undefined : tokenizerOf(source);
}

function introduce(
  { model, data, config }: RunParts,
  directory: string,
  output: Output,
  resume: boolean,
): void {
  const numbers = (model.variables as { size: number }[]).reduce((sum, { size }) => sum + size, 0);
  const { loss, optimizer, constraint, orthograd } = config;
  const recipe = [
    loss.name,
    orthograd === false ? '' : '⊥Grad',
    optimizer.name,
    constraint.name === 'none' ? '' : constraint.name,
  ].filter(Boolean);
  output.emit({ event: 'start', directory, resume, parameters: numbers, outputs: data.outputs, config });
  output.say(
    `${pc.bold(directory)}: ${numbers.toLocaleString('en')} parameters, ${data.outputs} ${data.tokenizer || data.contextLength ? 'tokens' : 'classes'}, ${recipe.join(' + ')}, ${config.steps} steps`,
  );
}

function ending(
  directory: string,
  { reason, step, metrics }: { reason: string; step: number; metrics: Readonly<Record<string, number>> },
  minutes: number,
  hasReport: boolean,
  isText: boolean,
): string {
  const shown = ['loss', 'validationLoss', 'validationAccuracy', 'log10Lipschitz']
    .filter((name) => metrics[name] !== undefined)
    .map((name) => measured(name, metrics[name]))
    .join(', ');
  const next =
    reason === 'signal'
      ? `go on with: evenkeel resume ${directory}`
      : isText
        ? `let it write: evenkeel generate ${directory}`
        : `look: ${join(directory, REPORT)}`;
  const report = hasReport ? `${join(directory, REPORT)} shows it; ` : '';
  return `${reason === 'signal' ? 'interrupted' : 'done'} at step ${step} after ${minutes.toFixed(1)} minutes: ${shown}\n${report}${next}`;
}

/** With --json, what happens as it happens. */
function announce(output: Output): Callback {
  return {
    onMetrics: (record) => output.emit({ event: 'metrics', ...record }),
    onCheckpoint: ({ step }) => output.emit({ event: 'checkpoint', step }),
    onRollback: ({ step }) => output.emit({ event: 'rollback', step }),
  };
}

/** A few lines that the model writes; nothing if it has no tokenizer. */
function sampleWriter({ model, data, config }: RunParts): () => Promise<string> | string {
  const { tokenizer } = data;
  if (!(model instanceof GPT) || !tokenizer) return () => '';
  return () => writeText(model, tokenizer, config.seed);
}

async function writeText(model: GPT, tokenizer: Tokenizer, seed: number): Promise<string> {
  const decoder = streamingDecoder(tokenizer);
  const prompt = [tokenizer.endOfText ?? 0];
  let text = '';
  for await (const token of generate(model, prompt, { maxTokens: SAMPLE_LENGTH, temperature: 0.8, seed })) {
    text += decoder.push(token);
  }
  return text + decoder.end();
}

/** What further threads do: the run of a folder, whose first thread tells them which gradients it needs. */
export async function helpTraining(directory: string): Promise<void> {
  const { config, backend } = readRun(directory);
  await useBackend(backend);
  const { checkpoint: _, ...rest } = config;
  const tokenizer = await tokenizerOf(directory);
  await trainRun(await buildRun(parseRunConfig(rest), { tokenizer, loadWeights: false }));
}
