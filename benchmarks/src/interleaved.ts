/** One thing to time. */
export interface Engine {
  engine: string;
  /** One repetition; it must end only when the work is done. */
  step(): void | Promise<void>;
}

export interface Timing {
  engine: string;
  /** Median wall time of a repetition, in milliseconds. */
  wallMs: number;
  /** Median CPU time of this process, all threads, in milliseconds. */
  cpuMs: number;
  /** `cpuMs` as a share of the first engine's: the median of the ratios round by round. */
  ratio: number;
}

/**
 * Times engines in turn, A B C A B C …, so that a machine that slows down slows all of them down.
 *
 * @param rounds Timed rounds, after `warmup` rounds that are not.
 */
export async function interleaved(
  engines: readonly Engine[],
  { rounds = 15, warmup = 3 } = {},
): Promise<Timing[]> {
  const wall = engines.map(() => [] as number[]);
  const cpu = engines.map(() => [] as number[]);
  for (let round = -warmup; round < rounds; round++) {
    for (const [i, { step }] of engines.entries()) {
      const [wallStart, cpuStart] = [performance.now(), process.cpuUsage()];
      await step();
      const { user, system } = process.cpuUsage(cpuStart);
      if (round < 0) continue;
      wall[i].push(performance.now() - wallStart);
      cpu[i].push((user + system) / 1000);
    }
  }
  return engines.map(({ engine }, i) => ({
    engine,
    wallMs: round(median(wall[i])),
    cpuMs: round(median(cpu[i])),
    ratio: round(median(cpu[i].map((ms, k) => ms / cpu[0][k]))),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const round = (x: number) => Number(x.toPrecision(4));
