import * as tf from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.js';

/** What one kernel took of a training step. */
export interface KernelTime {
  kernel: string;
  /** Calls in one step. */
  calls: number;
  /** Milliseconds of the process's CPU time in one step, without the kernels it called itself; median over the steps. */
  cpuMs: number;
  /** Of the whole step, which also contains the bookkeeping of tfjs: `kernel: 'outside kernels'`. The sum of all is `'whole step'`. */
  share: number;
  /** Arithmetic of matrix products, in 10⁹ operations. */
  gflop?: number;
  /** The same per second of its time; `npm run bench -- peak` has what the machine can do. */
  gflops?: number;
  /** Inputs and outputs together, per second of its time; those that only rename a tensor pass none. */
  gigabytesPerSecond?: number;
}

/** The first steps also cost what V8 takes to compile them. */
const [WARMUP, STEPS] = [20, 11];

/**
 * Times every kernel of the running backend while `step` runs, slowest first. Kernels of the wasm
 * backend end only when the work is done, so the time of the call is the time of the work.
 */
export function profileStep(step: (n: number) => void): KernelTime[] {
  for (let n = 0; n < WARMUP; n++) step(n);
  const { steps, whole } = withTimers((nextStep) => {
    for (let n = 0; n < STEPS; n++) nextStep(() => step(WARMUP + n));
  });
  const names = [...new Set(steps.flatMap((times) => [...times.keys()]))];
  const lines = names.map((kernel) => ({
    kernel,
    calls: median(steps.map((times) => times.get(kernel)?.calls ?? 0)),
    cpuMs: median(steps.map((times) => times.get(kernel)?.ms ?? 0)),
    flop: median(steps.map((times) => times.get(kernel)?.flop ?? 0)),
    bytes: median(steps.map((times) => times.get(kernel)?.bytes ?? 0)),
  }));
  const stepMs = median(whole);
  const total = (key: 'calls' | 'cpuMs' | 'flop' | 'bytes') =>
    lines.reduce((sum, line) => sum + line[key], 0);
  const [inside, calls, flop, bytes] = [total('cpuMs'), total('calls'), total('flop'), total('bytes')];
  lines.push(
    { kernel: 'outside kernels', calls: 1, cpuMs: Math.max(0, stepMs - inside), flop: 0, bytes: 0 },
    { kernel: 'whole step', calls, cpuMs: stepMs, flop, bytes },
  );
  return lines
    .sort((a, b) => b.cpuMs - a.cpuMs)
    .map(({ cpuMs, flop, bytes, ...line }) => ({
      ...line,
      cpuMs: round(cpuMs),
      share: round(cpuMs / stepMs),
      ...(flop > 0 && { gflop: round(flop / 1e9), gflops: round(flop / cpuMs / 1e6) }),
      ...(bytes > 0 && { gigabytesPerSecond: round(bytes / cpuMs / 1e6) }),
    }));
}

type Times = Map<string, { calls: number; ms: number; flop: number; bytes: number }>;

/** Wraps all kernels, lets `run` time steps, and puts the kernels back. */
function withTimers(run: (nextStep: (work: () => void) => void) => void): {
  steps: Times[];
  whole: number[];
} {
  const backend = tf.getBackend();
  const [steps, whole] = [[] as Times[], [] as number[]];
  let children = 0; // milliseconds in kernels called by the one running
  const timed = ({ kernelName, kernelFunc }: tf.KernelConfig): tf.KernelFunc => {
    return (params) => {
      const [outer, start] = [children, cpuMs()];
      children = 0;
      const result = kernelFunc(params);
      const ms = cpuMs() - start;
      const sum = steps.at(-1)!.get(kernelName) ?? { calls: 0, ms: 0, flop: 0, bytes: 0 };
      const { flop, bytes } = arithmetic({ ...params, kernelName }, result);
      steps.at(-1)!.set(kernelName, {
        calls: sum.calls + 1,
        ms: sum.ms + ms - children,
        flop: sum.flop + flop,
        bytes: sum.bytes + bytes,
      });
      children = outer + ms;
      return result;
    };
  };
  const originals = tf.getKernelsForBackend(backend);
  const replace = (config: tf.KernelConfig) => {
    tf.unregisterKernel(config.kernelName, backend);
    tf.registerKernel(config);
  };
  for (const config of originals) replace({ ...config, kernelFunc: timed(config) });
  try {
    run((work) => {
      steps.push(new Map());
      const start = cpuMs();
      work();
      whole.push(cpuMs() - start);
    });
  } finally {
    for (const config of originals) replace(config);
  }
  return { steps, whole };
}

/** CPU time, not wall time: on a machine that does other things, too, that is what a kernel costs. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

const round = (x: number): number => Number(x.toPrecision(3));
