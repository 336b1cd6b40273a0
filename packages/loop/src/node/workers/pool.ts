import { nodeThreads } from '@evenkeel/files';
import { dispose, type NamedTensorMap, scalar, tensor, type Variable } from '@tensorflow/tfjs-core';
import { type Batch, tensorsIn } from '../../batch.js';
import { GradientMean } from '../../gradient-mean.js';
import type { GradientPool } from '../../gradient-pool.js';
import { type Gradients, gradientsOf, type LossOfBatch } from '../../gradients.js';
import type { PassOptions } from '../../model.js';
import { seedOf } from '../../seeds.js';
import type { WorkersOptions } from '../../workers.js';
import { type HostBatch, makeBatch, readBatch, rowsOf, splitBatch } from './host-batch.js';
import { sizeOf, viewsOf } from './protocol.js';
import { ownScript, urlOf, WorkerHandle } from './worker-handle.js';

/** How long a thread may take to come to `train`, in seconds, at the least: many threads share few cores. */
const START_SECONDS = 300;

/**
 * Data-parallel gradients: each thread computes those of its part of a batch, this one adds them up.
 *
 *     g = Σ_r count_r · ∇ loss(part_r) / Σ_r count_r,   a part counting as its loss says, or else its rows
 *
 * Only this thread has an optimizer, data and checkpoints; the others hold a copy of the weights, in shared memory. Sums
 * are in the order of the threads, so that a run repeats itself bit for bit.
 */
export class WorkerPool implements GradientPool {
  private readonly weights: Float32Array[];
  /** The data that the variables held when they were last shared. A variable that was assigned to has other data. */
  private shared: readonly object[] = [];
  private version = 0;

  private constructor(
    private readonly variables: readonly Variable[],
    private readonly others: readonly WorkerHandle[],
    weights: SharedArrayBuffer,
    private readonly timeoutSeconds: number,
  ) {
    this.weights = viewsOf(weights, variables);
  }

  /** @throws If a thread ends, fails, or arrives at `train` with other variables. */
  static async open(
    { count, script, argv, timeoutSeconds = 300 }: WorkersOptions,
    variables: readonly Variable[],
  ) {
    const [threads, url] = await Promise.all([nodeThreads(), urlOf(script ?? ownScript())]);
    const [weights, ...gradients] = sharedBuffers(count, 4 * sizeOf(variables));
    const others = gradients.map(
      (buffer, i) =>
        new WorkerHandle(threads, url, argv, { rank: i + 1, weights, gradients: buffer }, variables),
    );
    const pool = new WorkerPool(variables, others, weights, timeoutSeconds);
    try {
      await Promise.all(others.map((other) => other.isReady(Math.max(START_SECONDS, timeoutSeconds))));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  async gradientsOf(batch: Batch, loss: LossOfBatch, options: PassOptions): Promise<Gradients> {
    const { variables, others } = this;
    await this.shareWeights();
    const parts = splitBatch(await readBatch(batch), others.length + 1);
    const asked = others.slice(0, parts.length - 1);
    const seedFor = (rank: number) => ({
      ...options,
      seed: rank === 0 ? options.seed : seedOf(options.seed, rank),
    });
    const replies = asked.map((other, i) =>
      other.ask({ batch: parts[i + 1], options: seedFor(i + 1), version: this.version }),
    );
    for (const reply of replies) reply.catch(() => {}); // what this thread throws itself comes first
    const own = this.own(parts[0], loss, seedFor(0));
    const isPlain = own.count === undefined;
    const mean = new GradientMean();
    mean.add(isPlain ? { ...own, count: rowsOf(parts[0]) } : own);
    try {
      const answers = await Promise.all(
        asked.map((other, i) => other.inTime(replies[i], this.timeoutSeconds)),
      );
      answers.forEach(({ loss, count, has }, i) => {
        const gradients: NamedTensorMap = {};
        variables.forEach(({ name, shape }, v) => {
          if (has[v]) gradients[name] = tensor(asked[i].gradients[v].slice(), shape);
        });
        mean.add({ loss: scalar(loss), gradients, count: isPlain ? rowsOf(parts[i + 1]) : count });
      });
      const taken = mean.take()!;
      return isPlain ? { ...taken, count: undefined } : taken;
    } finally {
      mean.dispose();
    }
  }

  close(): Promise<unknown> {
    return Promise.all(this.others.map((other) => other.end()));
  }

  /** Lets the others see the variables, where they have changed. */
  private async shareWeights(): Promise<void> {
    const { variables, shared } = this;
    if (variables.every(({ dataId }, v) => dataId === shared[v])) return;
    for (const [v, variable] of variables.entries()) {
      if (variable.dataId !== shared[v]) this.weights[v].set((await variable.data()) as Float32Array);
    }
    this.shared = variables.map(({ dataId }) => dataId);
    this.version += 1;
  }

  private own(part: HostBatch, loss: LossOfBatch, options: PassOptions): Gradients {
    const batch = makeBatch(part);
    try {
      return gradientsOf(() => loss(batch, options), this.variables);
    } finally {
      dispose(tensorsIn(batch));
    }
  }
}

/** @throws If there is no memory for them. */
function sharedBuffers(count: number, bytes: number): SharedArrayBuffer[] {
  try {
    return Array.from({ length: count }, () => new SharedArrayBuffer(bytes));
  } catch (error) {
    const gib = ((count * bytes) / 2 ** 30).toPrecision(3);
    throw new Error(
      `train: ${count} threads need ${gib} GiB of shared memory for weights and gradients, expected fewer. Lower workers.`,
      { cause: error },
    );
  }
}
