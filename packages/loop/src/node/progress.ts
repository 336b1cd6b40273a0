import { SingleBar } from 'cli-progress';
import type { Callback, MetricRecord } from '../callback.js';
import { type ProgressPart, progressLine } from './progress-line.js';

export interface ProgressOptions {
  /** Where the progress is shown. Default standard error. */
  readonly stream?: NodeJS.WriteStream;
  /** In a pipe, at most one line is written in so many seconds, ≥ 0. Default 5. */
  readonly everySeconds?: number;
}

/** Shows how far training is, with loss, speed and time left: a bar on a terminal, plain lines in a pipe. */
export function progress({ stream = process.stderr, everySeconds = 5 }: ProgressOptions = {}): Callback {
  return {
    name: 'progress',
    onlyWatches: true,
    ...(stream.isTTY ? bar(stream) : lines(stream, everySeconds)),
  };
}

function bar(stream: NodeJS.WriteStream): Callback {
  let metrics: Readonly<Record<string, number>> = {};
  const single = new SingleBar({
    stream,
    format: (_options, { value, total, progress, eta }) =>
      progressLine(
        total > 0 ? progress : undefined,
        [
          ...(total > 0 ? [{ text: `${Math.floor(100 * progress)} %`, rank: 4 }] : []),
          { text: `step ${value}${total > 0 ? `/${total}` : ''}`, rank: 0 },
          ...(total > 0 && Number.isFinite(Number(eta))
            ? [{ text: `${duration(Number(eta))} left`, rank: 2 }]
            : []),
          ...numbersOf(metrics),
        ],
        stream.columns ?? 80,
      ),
    hideCursor: true,
    etaBuffer: 50,
  });
  return {
    onStart: ({ step, steps }) => single.start(Number.isFinite(steps) ? steps : 0, step),
    onStep: ({ step }) => single.update(step),
    onMetrics: (_record, run) => {
      metrics = run.metrics;
      single.update(run.step);
    },
    onEnd: () => single.stop(),
  };
}

function lines(stream: NodeJS.WriteStream, everySeconds: number): Callback {
  let last = -Infinity;
  let start = { step: 0, time: 0 };
  return {
    onStart({ step }) {
      start = { step, time: performance.now() };
    },
    onMetrics(_record: MetricRecord, { step, steps, metrics }) {
      const now = performance.now();
      if (now - last < everySeconds * 1000 && step < steps) return;
      last = now;
      const left = ((now - start.time) / 1000 / (step - start.step)) * (steps - step);
      const remaining = Number.isFinite(left) && step > start.step ? ` · ${duration(left)} left` : '';
      const of = Number.isFinite(steps) ? `/${steps}` : '';
      const numbers = numbersOf(metrics).map(({ text }) => ` · ${text}`);
      stream.write(`step ${step}${of}${numbers.join('')}${remaining}\n`);
    },
  };
}

function numbersOf(metrics: Readonly<Record<string, number>>): ProgressPart[] {
  const { loss, validationLoss, validationAccuracy, tokensPerSecond, examplesPerSecond } = metrics;
  const speed = tokensPerSecond ?? examplesPerSecond;
  return [
    ...(loss === undefined ? [] : [{ text: `loss ${short(loss)}`, rank: 1 }]),
    ...(validationLoss === undefined ? [] : [{ text: `validation ${short(validationLoss)}`, rank: 3 }]),
    ...(validationAccuracy === undefined
      ? []
      : [{ text: `accuracy ${(100 * validationAccuracy).toFixed(1)} %`, rank: 5 }]),
    ...(speed === undefined
      ? []
      : [{ text: `${Math.round(speed)} ${tokensPerSecond ? 'tokens' : 'examples'}/s`, rank: 6 }]),
  ];
}

const short = (x: number): string => (x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential(2) : x.toPrecision(4));

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
