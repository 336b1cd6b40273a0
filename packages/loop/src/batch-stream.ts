import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { asBatch, type Batch, tensorsIn } from './batch.js';

/** Something that makes one batch after another without end, and may say where it stands. */
export interface BatchSource {
  batch(): unknown;
  /** Where it stands, as JSON. Without it, a resumed run draws and drops what was used before. */
  state?(): unknown;
  restore?(state: never): unknown;
}

/** Batches in whatever form: a source, an array or another iterable, an async one, or a `tf.data.Dataset`. */
export type Data = BatchSource | Iterable<unknown> | AsyncIterable<unknown> | Dataset;

/** The part of `tf.data.Dataset` used here. */
interface Dataset {
  iterator(): Promise<{ next(): Promise<{ value: unknown; done?: boolean }> }>;
}

/** Where data stands, as JSON: how many batches were drawn, and what the source itself says. */
export interface DataState {
  readonly drawn: number;
  readonly source?: unknown;
}

/**
 * Draws batches from any kind of data, and frees them.
 *
 * Iterables start over at their end, as often as they give anything. A batch is freed when the next one is drawn,
 * except the tensors that came again, those that the user keeps with `tf.keep`, and all that are in an array.
 */
export class BatchStream {
  private drawn = 0;
  private current: Tensor[] = [];
  private readonly shared = new WeakSet<Tensor>();
  private readonly draw: () => Promise<unknown> | unknown;

  /** @throws If `data` is nothing that batches can be drawn from. */
  constructor(private readonly data: Data) {
    this.draw = drawFrom(data);
  }

  /** The next batch; undefined once there are no more. */
  async next(): Promise<Batch | undefined> {
    const value = await this.draw();
    if (value === undefined) return undefined;
    const batch = asBatch(value);
    this.drawn += 1;
    const tensors = tensorsIn(batch);
    const before = new Set(this.current);
    for (const tensor of tensors) if (before.has(tensor)) this.shared.add(tensor);
    this.release();
    this.current = tensors;
    return batch;
  }

  state(): DataState {
    const { data, drawn } = this;
    return isResumable(data) ? { drawn, source: data.state?.() } : { drawn };
  }

  /** Goes where `state()` was called: by the source's own `restore`, or by drawing as many batches. */
  async restore({ drawn, source }: DataState): Promise<void> {
    if (!(Number.isSafeInteger(drawn) && drawn >= 0)) {
      throw new Error(
        `train: the checkpoint says that ${String(drawn)} batches were drawn, expected a whole number.`,
      );
    }
    if (isResumable(this.data)) {
      await this.data.restore?.(source as never);
    } else if (drawn < this.drawn) {
      throw new Error(
        `train: data stands behind batch ${this.drawn} and cannot go back to ${drawn}, expected a source with state() ` +
          'and restore(). Add them, or start the program anew to resume.',
      );
    } else {
      while (this.drawn < drawn && (await this.next()) !== undefined);
    }
    this.drawn = drawn;
  }

  /** Frees the last batch. */
  release(): void {
    if (!Array.isArray(this.data)) {
      dispose(
        this.current.filter((tensor) => !tensor.kept && !tensor.isDisposed && !this.shared.has(tensor)),
      );
    }
    this.current = [];
  }
}

const isResumable = (data: Data): data is BatchSource =>
  typeof (data as BatchSource).state === 'function' && typeof (data as BatchSource).restore === 'function';

function drawFrom(data: Data): () => Promise<unknown> | unknown {
  const open = iteratorOf(data);
  if (open) return repeated(open);
  if (typeof (data as BatchSource)?.batch === 'function') return () => (data as BatchSource).batch();
  throw new Error(
    `train: data is ${data === null ? 'null' : typeof data}, expected an object with batch(), an array of batches or ` +
      'an iterable of them. Try { batch: () => ({ inputs, targets }) }.',
  );
}

type Step = { value?: unknown; done?: boolean };
type Iteration = { next(): Step | Promise<Step> };

/** How to go through data from its beginning, if it has one. `tf.data.Dataset` has a `batch` that means another thing. */
export function iteratorOf(data: Data): (() => Iteration | Promise<Iteration>) | undefined {
  if (data === null || typeof data !== 'object') return undefined;
  if ('iterator' in data) return () => data.iterator();
  if (Symbol.asyncIterator in data) return () => data[Symbol.asyncIterator]();
  if (Symbol.iterator in data) return () => data[Symbol.iterator]();
  return undefined;
}

/** From the beginning again at the end; undefined when a pass gives nothing. */
function repeated(open: () => Iteration | Promise<Iteration>): () => Promise<unknown> {
  let pass: Iteration | undefined;
  return async () => {
    for (let isNew = false; ; isNew = true) {
      if (!pass || isNew) pass = await open();
      const { value, done } = await pass.next();
      if (!done) return value;
      if (isNew) return undefined;
    }
  };
}
