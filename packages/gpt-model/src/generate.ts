import { logStablemax } from '@evenkeel/stablemax';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { KeyValueCache } from './cache.js';
import { checkFilterOptions, drawToken, type FilterOptions, filterLogits } from './filter-logits.js';
import type { GPT } from './gpt.js';
import { checkSeed, type Random, randomSource } from './random.js';
import { shown } from './shown.js';
import { type Decode, type Stop, StopWatch } from './stop.js';

export interface GenerateOptions extends Omit<FilterOptions, 'previousTokens'> {
  /** How many tokens to generate at most. Default 100. */
  readonly maxTokens?: number;
  /**
   * The tokens that end a text; they are not returned. Default what the model's `generation_config.json` or `config.json`
   * says, else none. `[]` goes on behind them.
   */
  readonly endOfText?: number | readonly number[];
  /** Further token ids, and strings, that end generation; they are not returned. Strings need `decode`. Default none. */
  readonly stop?: Stop;
  /** Turns generated tokens into text, for stop strings. */
  readonly decode?: Decode;
  /** Decides the draws, a whole number from 0 to 2³² − 1. Default a new one per call. */
  readonly seed?: number;
  /** Ends generation with the signal's reason as error. */
  readonly signal?: AbortSignal;
  /** Reads only the new token at each step. Off, it reads everything anew, for comparison. Default true. */
  readonly cache?: boolean;
}

/**
 * Continues a prompt, token by token.
 *
 * Each row of a batch draws from its own random numbers, so that it comes out as it would alone. Prompts may
 * differ in length; those of equal length are computed together. When the context is full, the model goes on
 * from its later half: the tokens before are forgotten.
 *
 * Filters are those of {@link filterLogits}, in its order. With a StableMax head, they work on its
 * log-probabilities in the place of logits.
 *
 * @param prompt Token ids, at least one; or several prompts.
 * @returns An async iterator of token ids; of several prompts, of one token per prompt: null where it has ended,
 *     or a token is held back because it may begin a stop string.
 * @throws If prompt or options do not fit.
 */
export function generate(
  model: GPT,
  prompt: ArrayLike<number>,
  options?: GenerateOptions,
): AsyncGenerator<number, void>;
export function generate(
  model: GPT,
  prompts: readonly ArrayLike<number>[],
  options?: GenerateOptions,
): AsyncGenerator<(number | null)[], void>;
export function generate(
  model: GPT,
  prompt: ArrayLike<number> | readonly ArrayLike<number>[],
  options: GenerateOptions = {},
): AsyncGenerator<number | (number | null)[], void> {
  checkOptions(options);
  const single = typeof prompt[0] === 'number';
  const prompts = (single ? [prompt] : prompt) as readonly ArrayLike<number>[];
  checkPrompts(prompts, model);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const stop = [options.endOfText ?? model.generation.endOfText, options.stop ?? []].flat();
  const rows = prompts.map((tokens, i) => new Row(tokens, randomSource(seed, i), stop, options.decode));
  return single ? oneByOne(model, rows, options) : together(model, rows, options);
}

async function* oneByOne(model: GPT, rows: readonly Row[], options: GenerateOptions) {
  for await (const _ of steps(model, rows, options)) yield* rows[0].ready.splice(0);
}

async function* together(model: GPT, rows: readonly Row[], options: GenerateOptions) {
  const taken = () => rows.map(({ ready }) => ready.shift() ?? null);
  const waiting = () => rows.some(({ ready }) => ready.length > 0);
  for await (const _ of steps(model, rows, options)) if (waiting()) yield taken();
  while (waiting()) yield taken();
}

/** Adds a token to each row per step, until all have ended. */
async function* steps(
  model: GPT,
  rows: readonly Row[],
  { maxTokens = 100, signal, cache = true, ...filters }: GenerateOptions,
): AsyncGenerator<void, void> {
  const byLength = new Map<number, Row[]>();
  for (const row of rows) byLength.set(row.tokens.length, [...(byLength.get(row.tokens.length) ?? []), row]);
  const groups = [...byLength.values()].map((group) => new Reader(model, group, cache));
  const rest = breather();
  try {
    for (let count = 1; count <= maxTokens && rows.some(({ done }) => !done); count++) {
      for (const group of groups) {
        signal?.throwIfAborted();
        await group.step(filters);
        await rest();
      }
      if (count === maxTokens) for (const row of rows) row.end();
      yield;
    }
  } finally {
    for (const group of groups) group.dispose();
  }
}

/** A prompt and what has been generated after it. */
class Row {
  readonly tokens: number[];
  /** Generated tokens that may be shown and have not been. */
  readonly ready: number[] = [];
  done = false;
  private readonly watch: StopWatch;

  constructor(
    prompt: ArrayLike<number>,
    private readonly random: Random,
    stop: Stop,
    decode?: Decode,
  ) {
    this.tokens = Array.from(prompt);
    this.watch = new StopWatch(stop, decode);
  }

  /** Draws the next token. */
  next(scores: ArrayLike<number>, filters: FilterOptions): void {
    const filtered = filterLogits(scores, { ...filters, previousTokens: this.tokens });
    const token = drawToken(filtered, this.random);
    this.tokens.push(token);
    const { show, done } = this.watch.push(token);
    this.ready.push(...show);
    this.done = done;
  }

  /** Shows what was held back. */
  end(): void {
    if (!this.done) this.ready.push(...this.watch.flush());
    this.done = true;
  }
}

/** Reads rows of equal length together, and goes on from the later half when the context is full. */
class Reader {
  private readonly cache?: KeyValueCache;
  private start: number;

  constructor(
    private readonly model: GPT,
    private rows: readonly Row[],
    cached: boolean,
  ) {
    this.start = Math.max(0, rows[0].tokens.length - model.config.contextLength);
    if (cached) this.cache = model.cache();
  }

  async step(filters: FilterOptions): Promise<void> {
    this.dropEnded();
    if (this.rows.length === 0) return;
    this.makeRoom();
    const from = this.start + (this.cache?.length ?? 0);
    const unread = this.rows.map(({ tokens }) => tokens.slice(from));
    const scores = tidy(() => scoresOf(this.model, unread, this.cache));
    try {
      const [outputs, { vocabSize }] = [scores.shape[2]!, this.model.config];
      const values = await scores.data<'float32'>();
      this.rows.forEach((row, i) => {
        row.next(values.subarray(i * outputs, i * outputs + vocabSize), filters);
      });
    } finally {
      scores.dispose();
    }
  }

  dispose(): void {
    this.cache?.dispose();
  }

  private dropEnded(): void {
    const alive = this.rows.flatMap(({ done }, i) => (done ? [] : i));
    if (alive.length === this.rows.length) return;
    this.rows = alive.map((i) => this.rows[i]);
    if (alive.length > 0) this.cache?.selectRows(alive);
  }

  private makeRoom(): void {
    const [{ contextLength }, { length }] = [this.model.config, this.rows[0].tokens];
    if (length - this.start <= contextLength) return;
    this.start = length - Math.max(1, Math.floor(contextLength / 2));
    this.cache?.reset();
  }
}

/** What to draw the next token from: logits, or the log-probabilities of a StableMax head. */
function scoresOf(model: GPT, tokens: number[][], cache?: KeyValueCache): Tensor {
  const logits = model.forward(tokens, { cache, lastOnly: true });
  return model.config.head === 'softmax' ? logits : logStablemax(logits);
}

/**
 * Lets timers and events have their turn every 20 ms: where a backend computes on this thread, awaiting its
 * data does not, and an abort would never arrive.
 */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 20) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}

function checkOptions({ maxTokens = 100, seed, endOfText = [], ...filters }: GenerateOptions): void {
  const wrong = [endOfText].flat().find((id) => !(Number.isInteger(id) && id >= 0));
  if (wrong !== undefined) {
    throw new Error(
      `generate: endOfText is ${shown(wrong)}, expected token ids, whole numbers ≥ 0. Strings go into stop.`,
    );
  }
  checkFilterOptions('generate', filters);
  if (seed !== undefined) checkSeed('generate', seed);
  if (!(Number.isInteger(maxTokens) && maxTokens >= 0) && maxTokens !== Infinity) {
    throw new Error(`generate: maxTokens is ${maxTokens}, expected a whole number ≥ 0. Typical is 100.`);
  }
}

function checkPrompts(prompts: readonly ArrayLike<number>[], { config: { vocabSize } }: GPT): void {
  const isToken = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabSize;
  prompts.forEach((prompt, i) => {
    const wrong = prompt.length === 0 ? 'nothing' : Array.from(prompt).find((id) => !isToken(id));
    if (wrong === undefined) return;
    throw new Error(
      `generate: prompt ${i} contains ${wrong}, expected at least one token id from 0 to ${vocabSize - 1}. ` +
        `Start from an end-of-text token if there is nothing to continue.`,
    );
  });
  if (prompts.length === 0) {
    throw new Error('generate: the prompt is empty, expected at least one token id. Start from a newline.');
  }
}
