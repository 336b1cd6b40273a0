import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { type BatchOptions, completeBatchOptions } from './batch-options.js';
import { checkOptions, checkWhole, MAX_COUNT, show } from './check.js';
import { checkBelongs } from './position.js';
import type { Sidecar } from './sidecar.js';
import { TokenFile, type TokenFileParts } from './token-file.js';
import { firstPosition, isPosition, nextRows, type Position, windowCount } from './window-order.js';

/** Tokens and those that follow them. */
export interface TokenBatch {
  /** int32, shape `[batchSize, contextLength]`. */
  readonly inputs: Tensor2D;
  /** int32, in the shape of `inputs`: the token after each. */
  readonly targets: Tensor2D;
}

export interface TokenDatasetOptions extends BatchOptions {
  /**
   * Maps the file into memory instead of reading it, in Node with the optional package `koffi`. Its pages then count as
   * resident memory, and a file that becomes shorter meanwhile ends the process. Default false.
   */
  memoryMap?: boolean;
  /**
   * Reads the whole file first and compares it with the sidecar, as `verify()` does: once in a process, as long as nobody
   * writes to the file. Default false.
   */
  verify?: boolean;
}

/** Where a dataset stands; goes through JSON. */
export interface TokenDatasetState {
  /** Of the file of tokens, as its sidecar says. */
  readonly sha256: string;
  /** The first token of the part that rows are drawn from. */
  readonly start: number;
  /** The token after the last of that part. */
  readonly end: number;
  /** `random` or `sequential`, as the options say. */
  readonly order: string;
  /** Of random rows. */
  readonly seed?: number;
  /** Tokens of a row. */
  readonly contextLength: number;
  /** How far rows have been drawn, in numbers that only this order reads. */
  readonly position: readonly number[];
}

/**
 * A file of tokens as batches to train on. It is read in places, one batch's bytes at a time, so a file larger
 * than memory costs no more than a small one.
 *
 *     inputs[row]  = tokens[s … s + T − 1]        T = contextLength
 *     targets[row] = tokens[s + 1 … s + T]        s at random, or T further than the row before
 *
 * Batches have no end, and the same seed gives the same ones on every machine. The files may come from anywhere:
 * the sidecar is checked when it is opened, and each token when it is read.
 */
export class TokenDataset {
  private position: Position;
  /** The batch that has been asked for already, and the position that gives it. */
  private ahead: { readonly at: Position; readonly rows: Promise<Int32Array[]> } | undefined;

  private constructor(
    private readonly file: TokenFile,
    private readonly range: { readonly start: number; readonly end: number },
    private readonly options: Required<BatchOptions>,
  ) {
    if (windowCount(this.windows) === 0) {
      throw new Error(
        `TokenDataset: there are ${this.size} tokens, expected at least contextLength + 1 = ` +
          `${options.contextLength + 1}. Take more text or a shorter context.`,
      );
    }
    this.position = firstPosition(options.order, options.seed);
  }

  /**
   * Opens what `tokenize` wrote.
   *
   * @param file Name of the `.bin` in Node, with its sidecar beside it, or `{ bytes, sidecar }`: buffers, Blobs, Files, or a
   *     {@link ByteSource} of your own.
   * @throws If a file cannot be opened, the sidecar is damaged or does not fit the `.bin` (with `verify`: in any bit), there are fewer tokens than
   *     one row needs, or an option is unknown or out of range.
   */
  static async open(
    file: string | URL | TokenFileParts,
    options: TokenDatasetOptions,
  ): Promise<TokenDataset> {
    const where = 'TokenDataset.open';
    checkOptions(where, options, ['contextLength', 'batchSize', 'order', 'seed', 'memoryMap', 'verify']);
    const { memoryMap = false, verify = false, ...batches } = options;
    const complete = completeBatchOptions(where, batches);
    const opened = await TokenFile.open(where, file, memoryMap);
    try {
      if (verify) await opened.verifyOnce(where);
      return new TokenDataset(opened, { start: 0, end: opened.sidecar.count }, complete);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** What the `.bin` holds: tokenizer, vocabSize, dtype, count, … */
  get sidecar(): Sidecar {
    return this.file.sidecar;
  }

  /** Number of tokens: all of the file's, or of a part from `split`. */
  get size(): number {
    return this.range.end - this.range.start;
  }

  /** How many batches `pass()` has. */
  get batchesPerPass(): number {
    return Math.ceil(windowCount(this.windows) / this.options.batchSize);
  }

  /**
   * The next batch; the one after it is read meanwhile. Tensors are yours to dispose.
   *
   * @throws If the file cannot be read or holds a token beyond its vocabulary.
   */
  async batch(): Promise<TokenBatch> {
    this.file.opened(); // also if the batch has been read already
    const at = this.position;
    const { starts, next } = this.draw();
    const rows = this.ahead?.at === at ? this.ahead.rows : this.read(starts);
    this.position = next;
    this.ahead = { at: next, rows: this.read(this.draw().starts) };
    this.ahead.rows.catch(() => {}); // told to whoever asks for that batch
    return this.tensors(await rows);
  }

  /**
   * The next batch without waiting.
   *
   * @throws As `batch`, and where bytes can only be waited for, as those of a Blob.
   */
  batchSync(): TokenBatch {
    const { starts, next } = this.draw();
    const rows = starts.map((start) => this.file.readSync(start, this.options.contextLength + 1));
    this.position = next;
    return this.tensors(rows);
  }

  /**
   * Everything once and in order, for an evaluation: rows that follow each other, the last batch with as many as are left.
   * It leaves `batch()` where it is. What is too short for a row, less than `contextLength` tokens, is left out at the end.
   */
  async *pass(): AsyncGenerator<TokenBatch, void> {
    const { batchSize } = this.options;
    const count = windowCount(this.windows);
    for (let first = 0; first < count; first += batchSize) {
      const { starts } = nextRows('sequential', [first], Math.min(batchSize, count - first), this.windows);
      yield this.tensors(await this.read(starts));
    }
  }

  /** Tokens `from … from + count − 1`, for a look at them. */
  async tokens(from: number, count: number): Promise<Int32Array> {
    const where = 'TokenDataset.tokens';
    checkWhole(where, 'from', from, 0, this.size, 'The first token is 0.');
    checkWhole(
      where,
      'count',
      count,
      0,
      Math.min(this.size - from, MAX_COUNT),
      'The dataset has size tokens.',
    );
    return this.file.read(this.range.start + from, count);
  }

  /** The same tokens in batches of another kind, from the beginning. */
  with(options: Partial<BatchOptions>): TokenDataset {
    const where = 'TokenDataset.with';
    checkOptions(where, options, ['contextLength', 'batchSize', 'order', 'seed']);
    const complete = completeBatchOptions(where, { ...this.options, ...options });
    return new TokenDataset(this.file, this.range, complete);
  }

  /**
   * Divides the tokens: the last ⌊validationFraction · size⌋ are for validation, those before them for training. No row
   * crosses the border. Both parts share the open file.
   *
   * @throws If a part has fewer tokens than a row needs.
   */
  split({ validationFraction }: { validationFraction: number }): {
    train: TokenDataset;
    validation: TokenDataset;
  } {
    if (typeof validationFraction !== 'number' || !(validationFraction > 0 && validationFraction < 1)) {
      throw new Error(
        `TokenDataset.split: validationFraction is ${show(validationFraction)}, expected a number > 0 and < 1. ` +
          'A usual value is 0.1.',
      );
    }
    const { start, end } = this.range;
    const border = end - Math.floor(validationFraction * this.size);
    return {
      train: new TokenDataset(this.file, { start, end: border }, this.options),
      validation: new TokenDataset(this.file, { start: border, end }, this.options),
    };
  }

  /** Where it stands: after `restore`, the next batch is the one that would have come now. */
  state(): TokenDatasetState {
    return { ...this.belongings, position: [...this.position] };
  }

  /**
   * Continues where `state()` was called, also after a trip through JSON. The batch size may be another: the same rows follow.
   *
   * @throws If the state is damaged or belongs to other tokens, another part of them, another order, seed or context length.
   *     The dataset then stays where it was.
   */
  restore(state: TokenDatasetState): void {
    const where = 'TokenDataset.restore';
    checkBelongs(where, state, this.belongings);
    if (!isPosition(this.options.order, state.position, this.windows)) {
      throw new Error(
        `${where}: the position is ${show(state.position)}, expected ${this.position.length} whole numbers as from state(). ` +
          'Take an older checkpoint.',
      );
    }
    this.position = [...state.position];
  }

  /**
   * Reads all of the file and compares it with the sidecar: its sha256, and each token with the vocabulary.
   *
   * @throws If the `.bin` is not the one that the sidecar was written for.
   */
  verify(): Promise<void> {
    return this.file.verify('TokenDataset.verify');
  }

  /** Closes the file, also for the datasets that `with` and `split` made. */
  close(): Promise<void> {
    return this.file.close();
  }

  /** What a position means something in. */
  private get belongings() {
    const { order, seed, contextLength } = this.options;
    const { sha256 } = this.sidecar;
    return { sha256, ...this.range, order, ...(order === 'random' ? { seed } : {}), contextLength };
  }

  private get windows() {
    return { ...this.range, length: this.options.contextLength };
  }

  private draw() {
    return nextRows(this.options.order, this.position, this.options.batchSize, this.windows);
  }

  private read(starts: readonly number[]): Promise<Int32Array[]> {
    return Promise.all(starts.map((start) => this.file.read(start, this.options.contextLength + 1)));
  }

  private tensors(rows: readonly Int32Array[]): TokenBatch {
    const { contextLength } = this.options;
    const shape: [number, number] = [rows.length, contextLength];
    const [inputs, targets] = [new Int32Array(shape[0] * shape[1]), new Int32Array(shape[0] * shape[1])];
    rows.forEach((row, i) => {
      inputs.set(row.subarray(0, -1), i * contextLength);
      targets.set(row.subarray(1), i * contextLength);
    });
    return { inputs: tensor2d(inputs, shape, 'int32'), targets: tensor2d(targets, shape, 'int32') };
  }
}
