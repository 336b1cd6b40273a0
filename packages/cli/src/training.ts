import { join } from 'node:path';
import { streamingDecoder, type Tokenizer } from '@evenkeel/data';
import { GPT, generate } from '@evenkeel/gpt-model';
import type { Callback } from '@evenkeel/trainer';
import {
  type BackendOptions,
  type BuildRunOptions,
  buildRun,
  type RunParts,
  trainRun,
  UsageError,
  writingOf,
} from '@evenkeel/trainer/config';
import {
  type FolderLock,
  lockFolder,
  METRICS,
  metricsFile,
  newestStep,
  onInterrupt,
  type PlannedRun,
  progress,
  REPORT,
  readRun,
  type StoredRun,
  samples,
  tensorboard,
  tokenizerOf,
  writeReport,
  writeRun,
} from '@evenkeel/trainer/node';
import pc from 'picocolors';
import { useBackend } from './backend.js';
import { serveReport } from './live-report.js';
import { type Output, warn } from './output.js';
import { saveInTime } from './save-in-time.js';
import { warnWhenRising } from './warn-when-rising.js';
import { measured } from './words.js';

/** Characters or tokens of a sample. */
const SAMPLE_LENGTH = 200;

export interface TrainingOptions {
  /** Of a new run: locks and empties its folder, once model and data are there. */
  readonly makeRoom?: () => Promise<FolderLock>;
  /** The run that goes on, in the place of a new one. */
  readonly stored?: StoredRun;
  /** The checkpoint from which it goes on. Default: its newest, if it has one. */
  readonly from?: string;
  /** What it runs on, written down so that a resumed run does, too. */
  readonly backend: BackendOptions;
  /** Whether a file of tokens is compared with the hash in its sidecar first. */
  readonly verify: boolean;
  /** The port on which it is shown while it trains, 0 for one that is free. */
  readonly livePort?: number;
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
  planned: PlannedRun,
  output: Output,
  { makeRoom, stored, from, backend, verify, livePort }: TrainingOptions,
): Promise<Trained> {
  const { directory, config } = planned;
  requireOneThread(config.workers, backend);
  const resume = stored !== undefined;
  const live = livePort === undefined ? undefined : await serveReport(directory, livePort);
  const interrupt = onInterrupt();
  const metrics = join(directory, METRICS);
  let hasRecords = false;
  const started = performance.now();
  let parts: RunParts | undefined;
  let lock: FolderLock | undefined;
  try {
    parts = await buildRun(config, {
      ...(stored ? await goingOn(stored) : { source: planned.source }),
      verify,
    });
    lock = await (makeRoom ? makeRoom() : lockFolder('evenkeel', directory));
    const run = stored?.run ?? (await writeRun(directory, parts, backend, lock));
    introduce(parts, directory, output, resume, backend);
    if (live) {
      output.emit({ event: 'live', url: live.url });
      output.say(`watch it: ${live.url}`);
    }
    const result = await trainRun(parts, {
      run,
      resume: from ?? resume,
      signal: interrupt.signal,
      workers: {
        script: new URL('../bin/worker.js', import.meta.url),
        argv: [directory, JSON.stringify(backend)],
      },
      callbacks: [
        ...(output.json ? [] : [progress()]),
        metricsFile({ path: metrics, run }),
        tensorboard({ directory }),
        samples({ path: metrics, every: config.evaluate.every, write: sampleWriter(parts) }),
        saveInTime(),
        warnWhenRising(directory, output),
        announce(output),
        ...(live ? [live.callback] : []),
        {
          onMetrics: () => {
            hasRecords = true;
          },
        },
      ],
    });
    if (hasRecords) await reportOn(directory);
    const minutes = (performance.now() - started) / 60_000;
    const { reason, step, metrics: last } = result;
    output.emit({ event: 'end', reason, step, metrics: last, directory });
    const canWrite = parts.model instanceof GPT && parts.data.tokenizer !== undefined;
    output.say(ending(directory, result, minutes, hasRecords, canWrite));
    return { exitCode: interrupt.exitCode, reason, step, metrics: last };
  } catch (error) {
    if (hasRecords) await reportOn(directory);
    throw error;
  } finally {
    await live?.close();
    parts?.model.dispose();
    await parts?.close();
    interrupt.dispose();
    await lock?.release();
  }
}

/** @throws If several threads would share one GPU, on which each takes its turn. */
function requireOneThread(workers: number, { backend }: BackendOptions): void {
  if (workers === 1 || backend !== 'webgpu') return;
  throw new UsageError(
    `workers is ${workers}, expected 1 with --backend webgpu: one GPU computes a whole batch at once. Leave --workers out.`,
  );
}

/** Also of a run that has diverged: that is when one looks. What is wrong with the report is no reason for a run to fail. */
async function reportOn(directory: string): Promise<void> {
  try {
    await writeReport({ path: join(directory, REPORT), runs: [directory], title: directory });
  } catch (error) {
    warn(`there is no report: ${(error as Error).message}`);
  }
}

/** A run that goes on has tokens of its own, and once it has a checkpoint weights of its own. */
const goingOn = async (stored: StoredRun): Promise<BuildRunOptions> => ({
  source: stored.source,
  tokenizer: await tokenizerOf(stored),
  ...((await newestStep(stored.directory)) === undefined
    ? {}
    : { loadWeights: false, begun: begunOf(stored) }),
});

const begunOf = ({ model }: StoredRun) => ('gpt' in model ? model : undefined);

function introduce(
  { model, data, config }: RunParts,
  directory: string,
  output: Output,
  resume: boolean,
  backend: BackendOptions,
): void {
  const numbers = (model.variables as { size: number }[]).reduce((sum, { size }) => sum + size, 0);
  const { loss, optimizer, constraint, orthograd } = config;
  const recipe = [
    loss.name,
    orthograd === false ? '' : '⊥Grad',
    `${optimizer.name} ${optimizer.learningRate}`,
    constraint.name === 'none' ? '' : constraint.name,
  ].filter(Boolean);
  output.emit({
    event: 'start',
    directory,
    resume,
    parameters: numbers,
    outputs: data.outputs,
    config,
    backend,
  });
  output.say(
    `${pc.bold(directory)}: ${numbers.toLocaleString('en')} parameters, ${data.outputs} ${data.tokenizer || data.contextLength ? 'tokens' : 'classes'}, ${recipe.join(' + ')}, ${config.steps} steps`,
  );
}

function ending(
  directory: string,
  { reason, step, metrics }: { reason: string; step: number; metrics: Readonly<Record<string, number>> },
  minutes: number,
  hasReport: boolean,
  canWrite: boolean,
): string {
  const shown = ['loss', 'validationLoss', 'validationAccuracy', 'log10Lipschitz']
    .filter((name) => metrics[name] !== undefined)
    .map((name) => measured(name, metrics[name]))
    .join(', ');
  const next =
    reason === 'signal'
      ? `go on with: evenkeel resume ${directory}`
      : canWrite
        ? `let it write: evenkeel generate ${directory}`
        : `look: ${join(directory, REPORT)}`;
  const report = hasReport ? `${join(directory, REPORT)} shows it; ` : '';
  const how = reason === 'signal' ? 'interrupted' : reason.startsWith('earlyStop') ? 'stopped early' : 'done';
  return `${how} at step ${step} after ${minutes.toFixed(1)} minutes: ${shown}\n${report}${next}`;
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
  const { begin, options } = writingOf(model, tokenizer);
  const sampling = { ...options, maxTokens: SAMPLE_LENGTH, temperature: 0.8, seed };
  let text = '';
  for await (const token of generate(model, begin(), sampling)) text += decoder.push(token);
  return text + decoder.end();
}

/**
 * What further threads do: the run of a folder, whose first thread tells them which gradients it needs.
 *
 * @param backend What the first thread computes on, as JSON.
 */
export async function helpTraining(directory: string, backend: string): Promise<void> {
  const stored = readRun(directory);
  const same = JSON.parse(backend) as BackendOptions;
  await useBackend({ ...same, blas: same.blas !== undefined, json: true }, same.blas?.threads);
  const { checkpoint: _, ...config } = stored.config;
  await trainRun(
    await buildRun(config, {
      tokenizer: await tokenizerOf(stored),
      loadWeights: false,
      verify: false, // the first thread has
      begun: begunOf(stored),
    }),
  );
}
