import { fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeInput } from './corpus.js';
import { type Fault, type Report, readRunning } from './running.js';

/** What a reader may have of V8's heap, in MB. */
const HEAP = 1024;

export interface Fuzzed {
  /** How many inputs were read, those of the corpus among them. */
  readonly inputs: number;
  /** How many of them were accepted, and used. */
  readonly accepted: number;
  readonly fault?: Fault & { readonly folder: string };
}

/**
 * Feeds a target with inputs, the kept ones first, until one shows a fault.
 *
 * @param name One of `targets`.
 * @param mostSeconds How long one input may take. The largest takes some milliseconds; the rest is for a machine that is busy.
 * @returns What came of it. A failing input is made as small as possible and written into a folder, except one that took too
 *     long, or all of the memory: that is written as it was.
 */
export async function fuzz(name: string, seed: number, inputs: number, mostSeconds = 30): Promise<Fuzzed> {
  const folder = join(tmpdir(), 'evenkeel-fuzz', `${name}-seed-${seed}`);
  mkdirSync(folder, { recursive: true });
  const runningFile = join(folder, 'running');
  const { accepted, message } = await childReport(
    [name, String(seed), String(inputs), runningFile],
    mostSeconds,
  );
  const { count, files } = readRunning(runningFile);
  rmSync(folder, { recursive: true });
  if (message === undefined) return { inputs: count, accepted };
  writeInput(folder, files);
  return { inputs: count, accepted, fault: { files, message, folder } };
}

function childReport(task: readonly string[], mostSeconds: number): Promise<Report> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), task, {
    execArgv: ['--conditions=@evenkeel/source', '--import', 'tsx', `--max-old-space-size=${HEAP}`],
  });
  return new Promise((resolve) => {
    const end = (report: Report) => {
      clearInterval(watch);
      child.kill('SIGKILL');
      resolve(report);
    };
    const fail = (message: string) => end({ accepted: 0, message });
    let seen = 0;
    const watch = setInterval(() => {
      const { count } = readRunning(task.at(-1)!);
      if (count === seen && count > 0) fail(`an input took more than ${mostSeconds} s`);
      seen = count;
    }, mostSeconds * 1000);
    child.on('message', (report) => end(report as Report));
    child.on('exit', (code, signal) => fail(`the process ended with ${code ?? signal}`));
  });
}
