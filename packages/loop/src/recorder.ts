import {
  clone,
  dispose,
  div,
  type Scalar,
  sqrt,
  square,
  stack,
  sub,
  sum,
  Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { type Batch, countOf, tensorsIn } from './batch.js';
import type { LiveRun, StepTensors } from './callback.js';
import type { Callbacks } from './callbacks.js';
import type { Count } from './counted.js';
import type { LearningRate } from './learning-rate.js';

/** The loss of a step, read. */
export interface StepLoss {
  readonly step: number;
  readonly loss: number;
}

/**
 * Measures steps. Between records it keeps the losses as scalars, unread, so that a bad one is known by its step.
 */
export class Recorder {
  private losses: { step: number; loss: Scalar; count: Count }[] = [];
  private hasWarned = false;
  private counted = { tokens: 0, examples: 0 };
  private since = performance.now();

  constructor(
    private readonly variables: readonly Variable[],
    private readonly learningRate: LearningRate,
    private readonly callbacks: Callbacks,
  ) {}

  count(batch: Batch): void {
    const { unit, count } = countOf(batch);
    this.counted[unit] += count;
  }

  /** Takes over the loss of a step, and its count. */
  add(step: number, loss: Scalar, count: Count): void {
    this.losses.push({ step, loss, count });
  }

  /** Reads and forgets the losses since the last time. A step in which nothing counted has none. */
  async takeLosses(): Promise<StepLoss[]> {
    const taken = this.losses.splice(0);
    const read = await Promise.all(
      taken.map(async ({ step, loss, count }) => ({
        step,
        loss: (await loss.data())[0],
        count: count instanceof Tensor ? (await count.data())[0] : count,
      })),
    );
    disposeLosses(taken);
    const isEmpty = ({ loss, count }: (typeof read)[number]) => count === 0 && Number.isFinite(loss);
    const empty = read.find(isEmpty);
    if (empty && !this.hasWarned) {
      this.hasWarned = true;
      console.warn(
        `train: nothing counts in step ${empty.step}, as where all labels are ignored. It has no loss, and its ` +
          'gradients are 0 but for regularizers: only those, momentum and weight decay change the weights. ' +
          'Leave out such batches.',
      );
    }
    return read.filter((each) => !isEmpty(each)).map(({ step, loss }) => ({ step, loss }));
  }

  /** Numbers of a step, before it changes the variables. */
  async before(run: LiveRun, tensors: StepTensors): Promise<Record<string, number>> {
    const gradients = Object.values(tensors.gradients);
    const values: Record<string, number | Tensor | undefined> = {
      ...this.learningRate.of(this.variables),
      gradientNorm: gradients.length > 0 ? tidy(() => sqrt(sumOfSquares(gradients))) : undefined,
    };
    try {
      Object.assign(values, await this.callbacks.measure(run, tensors));
    } catch (error) {
      dispose(tensorsIn(values));
      throw error;
    }
    return readAll(values);
  }

  /** Keeps what the variables are, to read how far they have moved since, as a share of their size. */
  updateRatio(): { read(): Promise<Record<string, number>>; dispose(): void } {
    const before = this.variables.map((variable) => clone(variable));
    return {
      read: () =>
        readAll({
          updateRatio: tidy(() => {
            const moved = this.variables.map((variable, i) => sub(variable, before[i]));
            return sqrt(div(sumOfSquares(moved), sumOfSquares(before)));
          }),
        }),
      dispose: () => dispose(before),
    };
  }

  /** Tokens or examples per second since the last time. */
  speed(): Record<string, number> {
    const seconds = (performance.now() - this.since) / 1000;
    const { tokens, examples } = this.counted;
    this.counted = { tokens: 0, examples: 0 };
    this.since = performance.now();
    return {
      ...(tokens > 0 ? { tokensPerSecond: tokens / seconds } : {}),
      ...(examples > 0 ? { examplesPerSecond: examples / seconds } : {}),
    };
  }

  dispose(): void {
    disposeLosses(this.losses.splice(0));
  }
}

const disposeLosses = (losses: readonly { loss: Scalar; count: Count }[]): void =>
  dispose(losses.flatMap(({ loss, count }) => (count instanceof Tensor ? [loss, count] : [loss])));

const sumOfSquares = (tensors: readonly Tensor[]): Tensor =>
  sum(stack(tensors.map((tensor) => sum(square(tensor)))));

/** Reads numbers, and frees the tensors among them. */
async function readAll(values: Readonly<Record<string, number | Tensor | undefined>>) {
  const numbers: Record<string, number> = {};
  try {
    for (const [name, value] of Object.entries(values)) {
      const number = value instanceof Tensor ? (await value.data())[0] : value;
      if (number !== undefined) numbers[name] = number;
    }
    return numbers;
  } finally {
    dispose(tensorsIn(values));
  }
}
