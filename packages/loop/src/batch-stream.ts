import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { asBatch, type Batch, tensorsIn } from './batch.js';
import { checksumOf } from './checksum.js';
import { tidyOnError } from './tidy-on-error.js';

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

/** Where data stands, as JSON: how many batches were drawn, from what, and what the source itself says. */
export interface DataState {
  readonly drawn: number;
  /** The rows of the last batch. */
  readonly rows?: number;
  /** What a source with `state()` says. */
  readonly source?: unknown;
  /** Of an array: how many batches it has, and a checksum of all that is in them, in their order. */
  readonly array?: { readonly length: number; readonly checksum: number };
}

/**
 * Draws batches from any kind of data, and frees them.
 *
 * Iterables start over at their end, as often as they give anything. A batch is freed when the next one is drawn,
 * except the tensors that came again, those that the user keeps with `tf.keep`, and all that are in an array.
 */
export class BatchStream {
  private drawn = 0;
  /** The rows of the last batch. */
  private rows: number | undefined;
  private checksum: number | undefined;
  private current: Tensor[] = [];
  private readonly shared = new WeakSet<Tensor>();
  private readonly draw: () => Promise<unknown> | unknown;

  /** @throws If `data` is nothing that batches can be drawn from. */
  constructor(private readonly data: Data) {
    this.draw = drawFrom(data);
  }

  /** The next batch; undefined once there are no more. */
  async next(): Promise<Batch | undefined> {
    const value = await tidyOnError(this.draw);
    if (value === undefined) return undefined;
    const batch = this.checked(value);
    this.drawn += 1;
    const tensors = tensorsIn(batch);
    const before = new Set(this.current);
    for (const tensor of tensors) if (before.has(tensor)) this.shared.add(tensor);
    this.release();
    this.current = tensors;
    this.rows = tensorsIn(batch.inputs)[0]?.shape[0];
    return batch;
  }

  async state(): Promise<DataState> {
    const { data, drawn, rows } = this;
    if (isResumable(data)) return { drawn, rows, source: data.state?.() ?? null };
    return { drawn, rows, array: await this.arrayState() };
  }

  /**
   * Goes where `state()` was called: by the source's own `restore`, or by drawing as many batches.
   *
   * @throws If the data is known to be other than it was.
   */
  async restore(state: DataState): Promise<void> {
    checkState(state);
    const { data } = this;
    const { drawn, source } = state;
    const wasResumable = source !== undefined;
    if (isResumable(data) !== wasResumable) {
      throw new Error(
        `train: data has ${wasResumable ? 'no' : 'a'} state() and restore(), but what the checkpoint was made with had ` +
          `${wasResumable ? 'both' : 'none'}; expected the same data. Pass what the run was begun with, or begin anew.`,
      );
    }
    if (wasResumable) await (data as BatchSource).restore?.(source as never);
    else await this.drawAgain(state);
    this.drawn = drawn;
    this.rows = state.rows;
  }

  /** Draws and drops the batches that were used before the checkpoint, and checks that they are the same. */
  private async drawAgain({ drawn, rows, array }: DataState): Promise<void> {
    const own = await this.arrayState();
    if ((own === undefined) !== (array === undefined)) {
      throw new Error(
        `train: data is ${own ? 'an array' : 'no array'}, expected ${array ? 'an array' : 'none'} as in the checkpoint. ` +
          'Pass what the run was begun with, or begin anew.',
      );
    }
    if (own && array && own.length !== array.length) {
      throw new Error(
        `train: data is an array of ${own.length} batches, expected ${array.length} as in the checkpoint. Pass the batches ` +
          'that the run was begun with, or begin anew.',
      );
    }
    if (own && array && own.checksum !== array.checksum) {
      throw new Error(
        `train: data is an array of ${own.length} batches that hold other values than those of the checkpoint, or stand in ` +
          'another order; expected the same. Pass the batches that the run was begun with, or begin anew.',
      );
    }
    if (drawn < this.drawn) {
      throw new Error(
        `train: data stands behind batch ${this.drawn} and cannot go back to ${drawn}, expected a source with state() ` +
          'and restore(). Add them, or start the program anew to resume.',
      );
    }
    while (this.drawn < drawn && (await this.next()) !== undefined);
    if (drawn > 0 && this.rows !== rows) {
      throw new Error(
        `train: data gave ${this.rows} rows as batch ${drawn}, expected ${rows} as in the checkpoint: with another batch size ` +
          'data would be skipped or come twice. Take the same batch size, or add state() and restore() to the data.',
      );
    }
  }

  private async arrayState(): Promise<DataState['array']> {
    if (!Array.isArray(this.data)) return undefined;
    // It is read once: the checksum is there to tell it from another array, after a restart.
    this.checksum ??= await checksumOf(this.data);
    return { length: this.data.length, checksum: this.checksum };
  }

  /** Checks what data gave. If it is no batch, its tensors are freed, unless they are in an array of the user's. */
  private checked(value: unknown): Batch {
    try {
      return asBatch(value);
    } catch (error) {
      const before = new Set(this.current);
      if (!Array.isArray(this.data))
        dispose(tensorsIn(value).filter((tensor) => isOurs(tensor) && !before.has(tensor)));
      throw error;
    }
  }

  /** Frees the last batch. */
  release(): void {
    if (!Array.isArray(this.data)) {
      dispose(this.current.filter((tensor) => isOurs(tensor) && !this.shared.has(tensor)));
    }
    this.current = [];
  }
}

/** @throws If a value, which may come from anywhere, is no state. */
function checkState(state: DataState | undefined): asserts state is DataState {
  if (Number.isSafeInteger(state?.drawn) && state!.drawn >= 0) return;
  throw new Error(
    `train: the checkpoint says that ${String(state?.drawn)} batches were drawn, expected a whole number.`,
  );
}

const isOurs = ({ kept, isDisposed }: Tensor): boolean => !kept && !isDisposed;

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

/** Draws one pass after another. Gives undefined when a pass gives nothing. */
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
