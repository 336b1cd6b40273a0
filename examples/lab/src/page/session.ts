import { type Advice, AdvisedError } from '../shared/advice.js';
import type { FromWorker, Sample, ToWorker } from '../shared/messages.js';
import { newWorker } from './new-worker.js';
import { Pace } from './pace.js';
import { History } from './series.js';

export type State = 'idle' | 'starting' | 'running' | 'paused' | 'ended' | 'failed';

/** The last checkpoint of a run, wherever it came from. */
export interface Checkpoint {
  readonly step: number;
  readonly zip: Uint8Array;
}

type Start = Extract<ToWorker, { type: 'start' }>;

/** A run as the page sees it: its worker, what it has told, and its last checkpoint, which outlives the worker. */
export class Session {
  state: State = 'idle';
  step = 0;
  steps = 0;
  parameters = 0;
  backend = '';
  /** Whether its model writes text. */
  writes = false;
  history = new History();
  samples: Sample[] = [];
  checkpoint: Checkpoint | undefined;
  /** A sentence on what happened last. */
  message = '';
  /** What would help where it has failed. */
  advice: readonly Advice[] = [];
  /** The step at which its loss left the rails, if it did. */
  divergedAt: number | undefined;
  pace = new Pace();
  /** Counts changes of metrics and samples, so that charts know when to draw. */
  version = 0;
  private worker: Worker | undefined;
  private waiting: { resolve: (checkpoint: Checkpoint) => void; reject: (error: Error) => void }[] = [];

  private readonly listeners: (() => void)[] = [];

  /** Calls `listener` after every change. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  get isActive(): boolean {
    return this.state === 'starting' || this.state === 'running' || this.state === 'paused';
  }

  /** Starts, or goes on from a checkpoint. What is there stays until the worker is ready. */
  start(options: Omit<Start, 'type'>): void {
    this.open();
    this.state = 'starting';
    this.advice = [];
    this.pace.clear();
    this.say(options.checkpoint ? 'Going on …' : 'Starting …');
    this.tell({ type: 'start', ...options });
  }

  pause(): void {
    this.tell({ type: 'pause' });
    this.say('Pausing after this step …');
  }

  resume(): void {
    this.state = 'running';
    this.tell({ type: 'resume' });
    this.say('Training.');
  }

  stop(): void {
    this.tell({ type: 'stop' });
    this.say('Stopping after this step …');
  }

  /** Its failure has been seen: it can start anew. */
  acknowledge(): void {
    if (this.state === 'failed') this.state = 'idle';
  }

  /** Whether there is a checkpoint, or one can be made. */
  get canBeSaved(): boolean {
    return this.checkpoint !== undefined || this.state === 'running' || this.state === 'paused';
  }

  /**
   * A checkpoint of the step at hand; where there is no worker any more, the last one.
   *
   * @throws If there is none, and none can be made.
   */
  async save(): Promise<Checkpoint> {
    const isCurrent = this.checkpoint?.step === this.step && this.state !== 'running';
    if (this.checkpoint && (isCurrent || !this.isActive)) return this.checkpoint;
    if (!this.isActive) throw new Error('There is no checkpoint yet. Start a run.');
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.tell({ type: 'save' });
    });
  }

  /** Takes a checkpoint that a person chose, once it is known to be whole. */
  load(zip: Uint8Array): Promise<{ step: number; config: unknown }> {
    return new Promise((resolve, reject) => {
      const worker = newWorker();
      const finish = (action: () => void) => {
        worker.terminate();
        action();
        this.changed();
      };
      worker.onerror = ({ message }) =>
        finish(() => reject(new Error(`The file could not be read (${message}).`)));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
        finish(() => {
          if (data.type !== 'inspected') {
            const isTold = data.type === 'failed';
            return reject(
              new AdvisedError(
                isTold ? data.message : 'The file could not be read.',
                isTold ? data.advice : [],
              ),
            );
          }
          const { step, config, records, samples } = data;
          this.writes = data.writes;
          this.checkpoint = { step, zip };
          this.reset(step, records, samples);
          this.steps = (config as { steps?: number } | undefined)?.steps ?? step;
          this.state = 'idle';
          resolve({ step, config });
        });
      worker.postMessage({ type: 'inspect', checkpoint: zip } satisfies ToWorker);
    });
  }

  private open(): void {
    this.worker?.terminate();
    const worker = newWorker();
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(`The worker of this run stopped (${event.message || 'it could not be loaded'}).`);
      this.changed();
    };
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.reset(message.step, message.records, message.samples);
        this.steps = message.steps;
        this.parameters = message.parameters;
        this.backend = message.backend;
        this.writes = message.writes;
        this.state = 'running';
        this.pace.mark(message.step, performance.now());
        this.message = message.step > 0 ? `Training, from step ${message.step} on.` : 'Training.';
        break;
      case 'step':
        this.step = message.step;
        this.pace.mark(message.step, performance.now());
        break;
      case 'metrics':
        this.history.add(message.record);
        this.step = Math.max(this.step, message.record.step);
        this.version += 1;
        break;
      case 'sample':
        this.samples.push(message.sample);
        this.version += 1;
        break;
      case 'checkpoint':
        this.checkpoint = { step: message.step, zip: message.zip };
        for (const { resolve } of this.waiting.splice(0)) resolve(this.checkpoint);
        break;
      case 'paused':
        this.step = message.step;
        this.state = 'paused';
        this.pace.clear();
        this.message = `Paused at step ${message.step}.`;
        break;
      case 'ended':
        this.end('ended', message.step);
        this.message =
          message.reason === 'signal' ? `Stopped at step ${message.step}.` : `Done: ${message.step} steps.`;
        break;
      case 'failed':
        this.advice = message.advice;
        this.divergedAt = message.divergedAt;
        this.version += 1;
        this.fail(message.message);
    }
    this.changed();
  }

  private fail(reason: string): void {
    const { checkpoint } = this;
    const kept = checkpoint
      ? ` The checkpoint of step ${checkpoint.step} is kept: save it, or continue from it.`
      : this.history.records.length > 0
        ? ' The curves are kept.'
        : '';
    this.end('failed', this.step);
    this.message = `${reason}${kept}`;
  }

  private end(state: 'ended' | 'failed', step: number): void {
    this.state = state;
    this.step = step;
    const why = new Error('The run ended before a checkpoint was made.');
    for (const { reject } of this.waiting.splice(0)) reject(why);
    this.worker?.terminate();
    this.worker = undefined;
  }

  private reset(
    step: number,
    records: readonly Parameters<History['add']>[0][],
    samples: readonly Sample[],
  ): void {
    this.history = new History();
    for (const record of records) this.history.add(record);
    this.samples = [...samples];
    this.step = step;
    this.divergedAt = undefined;
    this.version += 1;
    if (this.checkpoint && this.checkpoint.step !== step) this.checkpoint = undefined;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  private say(message: string): void {
    this.message = message;
    this.changed();
  }

  private tell(message: ToWorker): void {
    this.worker?.postMessage(message);
  }
}
