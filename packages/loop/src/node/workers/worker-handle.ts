import type { Worker } from 'node:worker_threads';
import { nodeUrl } from '@evenkeel/files';
import type { Variable } from '@tensorflow/tfjs-core';
import { type Reply, type Request, type Start, viewsOf, WORKER_DATA } from './protocol.js';

/** Another thread, as the first one sees it. */
export class WorkerHandle {
  readonly gradients: Float32Array[];
  private readonly worker: Worker;
  private readonly rank: number;
  private waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;
  private failure: Error | undefined;

  /** @param url Of the script that it runs, with `argv` as its arguments. */
  constructor(
    { Worker }: typeof import('node:worker_threads'),
    url: string,
    argv: readonly string[] = process.argv.slice(2),
    start: Start,
    private readonly variables: readonly Variable[],
  ) {
    this.rank = start.rank;
    this.gradients = viewsOf(start.gradients, variables);
    // What it prints on its way to `train` has been printed by the first thread.
    this.worker = new Worker(ENTRY, {
      eval: true,
      workerData: { [WORKER_DATA]: start, script: url, tsx: underTsx() },
      argv: [...argv],
      stdout: true,
    });
    this.worker.stdout.resume();
    this.worker.on('message', (reply: Reply) => this.waiting?.resolve(reply));
    this.worker.on('error', (error: Error) => this.fail(error.message));
    this.worker.on('exit', () =>
      this.fail('it ended before training did, expected that it calls train with workers'),
    );
  }

  /** @throws If its model is another one, or it does not come to `train` in time. */
  async isReady(seconds: number): Promise<void> {
    const { shapes } = (await this.inTime(this.reply(), seconds)) as { shapes: number[][] };
    const [theirs, ours] = [shapes, this.variables.map(({ shape }) => shape)].map((list) =>
      JSON.stringify(list),
    );
    if (theirs === ours) return;
    throw new Error(
      `train: worker ${this.rank} has variables of shapes ${theirs}, expected ${ours}. Its script must build the same model.`,
    );
  }

  async ask(request: Request): Promise<Extract<Reply, { loss: number }>> {
    const reply = this.reply();
    if (!this.failure) this.worker.postMessage(request);
    return (await reply) as Extract<Reply, { loss: number }>;
  }

  /** @throws If the answer does not come within so many seconds from now. */
  async inTime<T>(answer: Promise<T>, seconds: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(
              `train: worker ${this.rank} failed: it gave no answer in ${seconds} s, expected one. Look for what never ends ` +
                'in the model, the loss or the script, or set workers.timeoutSeconds.',
            ),
          ),
        Math.min(1000 * seconds, 2 ** 31 - 1),
      );
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  end(): Promise<unknown> {
    this.waiting = undefined;
    this.worker.removeAllListeners();
    this.worker.on('error', () => {});
    return this.worker.terminate();
  }

  private async reply(): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      if (this.failure) reject(this.failure);
      this.waiting = { resolve, reject };
    });
    if ('error' in reply) throw new Error(`train: worker ${this.rank} failed: ${reply.error}`);
    return reply;
  }

  private fail(why: string): void {
    this.failure ??= new Error(`train: worker ${this.rank} failed: ${why}.`);
    this.waiting?.reject(this.failure);
  }
}

/** What a thread begins with. tsx does not reach into threads by itself. */
const ENTRY = `
  const { createRequire } = require('node:module');
  const { pathToFileURL } = require('node:url');
  const { script, tsx } = require('node:worker_threads').workerData;
  async function start() {
    if (tsx) {
      const tsxPackage = createRequire(script).resolve('tsx/package.json');
      const { import: api } = require(tsxPackage).exports['./esm/api'];
      (await import(new URL(api.default, pathToFileURL(tsxPackage)))).register();
    }
    await import(script);
  }
  start();
`;

/** The address of a script, of which the path may have been given. */
export const urlOf = async (script: string | URL): Promise<string> =>
  typeof script === 'string' && !script.startsWith('file:')
    ? (await nodeUrl()).pathToFileURL(script).href
    : String(script);

const underTsx = (): boolean => process.execArgv.some((flag) => /(^|[\\/])tsx($|[\\/@])/.test(flag));

let opened = false;

/**
 * The program that runs, for other threads to run as well.
 *
 * @throws At the second call, since the program, run again, would come to its first training and not to this one.
 */
export function ownScript(): string {
  if (opened) {
    throw new Error(
      'train: workers came a second time in one program, expected once. Say what the threads of each training run: ' +
        "workers: { count: 2, script: new URL('./train-this.js', import.meta.url) }.",
    );
  }
  opened = true;
  return process.argv[1];
}
