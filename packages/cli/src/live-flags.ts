import type { Command } from 'commander';
import { wholeFrom } from './arguments.js';

export interface LiveOptions {
  readonly live?: boolean;
  readonly livePort?: number;
}

/** Flags for a page that shows the run while it trains. */
export const addLiveFlags = (command: Command): Command =>
  command
    .option('--live', 'show the report while it trains, in a browser on this machine; prints where')
    .option('--live-port <n>', 'the same on a port of yours (default: one that is free)', wholeFrom(1));

/** The port to show it on, 0 for one that is free; undefined if nobody wants to see it. */
export const livePortOf = ({ live, livePort }: LiveOptions): number | undefined =>
  livePort ?? (live ? 0 : undefined);
