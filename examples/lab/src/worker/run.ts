import { GPT } from '@evenkeel/gpt-model';
import {
  type Callback,
  checkpointFiles,
  type LiveRun,
  type MetricRecord,
  snapshotOf,
} from '@evenkeel/trainer';
import {
  buildRun,
  parseRunConfig,
  parseRunFile,
  type RunParts,
  runFileText,
  trainRun,
} from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import type { FromWorker, Sample, ToWorker } from '../shared/messages.js';
import { nameOfRun, packRun, unpackRun } from '../shared/run-archive.js';
import { startBackend } from './backend.js';
import { configOf } from './config-of.js';
import { Gate } from './gate.js';
import { writeSample } from './write-sample.js';

type Start = Extract<ToWorker, { type: 'start' }>;

/** A checkpoint is made this often without being asked for, so that a crash loses little. */
const AUTOSAVE_MS = 20_000;
const TELL_STEPS_MS = 100;

/** One run, from its start to its end: what the page asks for, and what it is told. */
export class LabRun {
  private readonly gate = new Gate();
  private readonly abort = new AbortController();
  private readonly records: MetricRecord[] = [];
  private readonly samples: Sample[] = [];
  private run: LiveRun | undefined;
  private parts: RunParts | undefined;
  /** The run's `run.json`. */
  private description = '';
  private isSaveAsked = false;
  private lastSaved = performance.now();
  private lastTold = 0;

  constructor(private readonly tell: (message: FromWorker) => void) {}

  pause(): void {
    this.gate.close();
  }

  resume(): void {
    this.gate.open();
  }

  save(): void {
    this.isSaveAsked = true;
    this.run?.save();
    this.gate.letOneThrough();
  }

  stop(): void {
    this.abort.abort();
    this.gate.open();
  }

  /** Trains. @throws What training throws. */
  async start({ backend, config, checkpoint, steps, text }: Start): Promise<void> {
    const archive = checkpoint && unpackRun(checkpoint);
    const words = await startBackend(backend);
    const load = async () => archive && snapshotOf(archive.files);
    const before = await load();
    if (before) tf.dispose([...before.weights, ...before.optimizer].map(({ tensor }) => tensor));
    const isOld = ({ step }: { step: number }) => step <= (before?.state.step ?? 0);
    this.records.push(...(archive?.records ?? []).filter(isOld));
    this.samples.push(...(archive?.samples ?? []).filter(isOld));
    const chosen = archive
      ? configOf(parseRunFile(archive.run, 'run.json').config, before!.state.step, steps, text)
      : parseRunConfig(config);
    this.parts = await buildRun(chosen);
    const where = { backend, kernels: backend === 'wasm' };
    this.description = archive?.run ?? runFileText(this.parts, { backend: where });
    try {
      const { step, reason } = await trainRun(this.parts, {
        run: nameOfRun(this.description),
        checkpoint: {
          store: { save: (snapshot) => this.keep(snapshot), load },
          every: Number.MAX_SAFE_INTEGER,
        },
        resume: true,
        signal: this.abort.signal,
        callbacks: [this.writing(), this.watch(words)],
      });
      this.tell({ type: 'ended', step, reason });
    } finally {
      this.parts.model.dispose();
      await this.parts.close();
    }
  }

  private watch(backend: string): Callback {
    const waiting = () => this.tell({ type: 'paused', step: this.run!.step });
    return {
      onStart: (run) => {
        this.run = run;
        const parameters = run.variables.reduce((total, { size }) => total + size, 0);
        const { records, samples } = this;
        const { step, steps } = run;
        this.tell({
          type: 'ready',
          step,
          steps,
          parameters,
          backend,
          writes: this.parts!.model instanceof GPT && this.parts!.data.tokenizer !== undefined,
          records: [...records],
          samples: [...samples],
        });
      },
      onMetrics: (record) => {
        this.records.push(record);
        this.tell({ type: 'metrics', record });
      },
      onStep: async (run) => {
        const now = performance.now();
        if (now - this.lastTold > TELL_STEPS_MS || run.step === run.steps) {
          this.lastTold = now;
          this.tell({ type: 'step', step: run.step });
        }
        if (now - this.lastSaved > AUTOSAVE_MS) run.save();
        await this.gate.pass(waiting);
      },
      onCheckpoint: () => this.gate.pass(waiting),
    };
  }

  /** A model whose weights are no numbers any more cannot write, and it is the loop that says so. */
  private writing(): Callback {
    return {
      onlyWatches: true,
      onStep: async ({ step, steps }) => {
        if (step % sampleEvery(steps) === 0 || step === steps) await this.sample(step);
      },
    };
  }

  private async sample(step: number): Promise<void> {
    const text = await writeSample(this.parts!, step);
    if (text === undefined) return;
    const sample = { step, sample: text };
    this.samples.push(sample);
    this.tell({ type: 'sample', sample });
  }

  private async keep(snapshot: Parameters<typeof checkpointFiles>[0]): Promise<void> {
    const { description: run, records, samples } = this;
    const zip = packRun({ run, files: await checkpointFiles(snapshot), records, samples });
    this.tell({ type: 'checkpoint', step: snapshot.state.step, zip, asked: this.isSaveAsked });
    this.isSaveAsked = false;
    this.lastSaved = performance.now();
  }
}

const sampleEvery = (steps: number): number => Math.min(200, Math.max(1, Math.round(steps / 10)));
