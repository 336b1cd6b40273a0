import { SingleBar } from 'cli-progress';
import type { Callback, MetricRecord } from '../callback.js';

export interface ProgressOptions {
  /** Where to. Default standard error. */
  readonly stream?: NodeJS.WriteStream;
  /** Plain lines: at most one in so many seconds, ≥ 0. Default 5. */
  readonly everySeconds?: number;
}

/** Shows how far training is, with loss, speed and time left: a bar on a terminal, plain lines in a pipe. */
export function progress({ stream = process.stderr, everySeconds = 5 }: ProgressOptions = {}): Callback {
  return stream.isTTY ? bar(stream) : lines(stream, everySeconds);
}

function bar(stream: NodeJS.WriteStream): Callback {
  const single = new SingleBar({
    stream,
    format: '{bar} {percentage} % · step {value}/{total} · {eta_formatted} left{numbers}',
    barsize: 24,
    hideCursor: true,
    etaBuffer: 50,
  });
  return {
    onStart: ({ step, steps }) => single.start(Number.isFinite(steps) ? steps : 0, step, { numbers: '' }),
    onStep: ({ step }) => single.update(step),
    onMetrics: (_record, { step, metrics }) => single.update(step, { numbers: numbersOf(metrics) }),
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
      stream.write(`step ${step}${of}${numbersOf(metrics)}${remaining}\n`);
    },
  };
}

function numbersOf(metrics: Readonly<Record<string, number>>): string {
  const { loss, validationLoss, validationAccuracy, tokensPerSecond, examplesPerSecond } = metrics;
  const speed = tokensPerSecond ?? examplesPerSecond;
  return [
    loss === undefined ? '' : ` · loss ${short(loss)}`,
    validationLoss === undefined ? '' : ` · validation ${short(validationLoss)}`,
    validationAccuracy === undefined ? '' : ` · accuracy ${(100 * validationAccuracy).toFixed(1)} %`,
    speed === undefined ? '' : ` · ${Math.round(speed)} ${tokensPerSecond ? 'tokens' : 'examples'}/s`,
  ].join('');
}

const short = (x: number): string => (x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential(2) : x.toPrecision(4));

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
