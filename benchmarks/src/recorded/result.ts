import type { SystemInfo } from '@evenkeel/trainer/node';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What is to be run, once for each seed. */
export interface Plan<Settings> {
  /** Names its files: `results/ID-seedN.json`. */
  readonly id: string;
  /** All that decides a run besides the seed. Runs of other settings do not count as done. */
  readonly settings: Settings;
}

/** What a run gave, as it stands in its file. */
export interface RunRecord<Settings = unknown, Measured = unknown> extends Plan<Settings> {
  readonly result: string;
  readonly seed: number;
  readonly measured: Measured;
  /** Time it took, over all pieces. */
  readonly minutes: { readonly wall: number; readonly cpu: number };
  readonly environment: SystemInfo;
}

/** What a run needs from outside. */
export interface Surroundings {
  /** Its own folder, not committed, the same when it goes on: checkpoints go there. */
  readonly directory: string;
  /** A folder that stays when the run is over, for what other runs of the result can go on from. */
  readonly kept: string;
  /** Aborts when the run has to stop for now; it then saves and throws {@link Unfinished}. */
  readonly signal: AbortSignal;
  /** The text to learn, for results about text. */
  text(): Promise<string>;
}

/** A run stopped before its end and can go on. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

/** A row of the root README's table: one claim, its published figure, and what came out. */
export interface Headline {
  readonly claim: string;
  readonly published: string;
  readonly measured: string;
}

/** A published result, and how we measure it: the folder `benchmarks/NAME`. */
export interface Result<Settings, Measured> {
  readonly name: string;
  readonly title: string;
  readonly plans: readonly Plan<Settings>[];
  /** Trains and measures. The seed decides everything that is random. */
  execute(run: Plan<Settings> & { seed: number }, surroundings: Surroundings): Promise<Measured>;
  /** Markdown for the folder's README, by section. */
  sections(records: readonly RunRecord<Settings, Measured>[]): Record<string, string>;
  /** Plots for it, SVG by file name. */
  plots(records: readonly RunRecord<Settings, Measured>[]): Record<string, string>;
  /** Its rows in the root README. */
  headlines(records: readonly RunRecord<Settings, Measured>[]): Headline[];
}

/** Any result, for code that does not look inside. */
// biome-ignore lint/suspicious/noExplicitAny: settings and measurements differ from result to result
export type AnyResult = Result<any, any>;
