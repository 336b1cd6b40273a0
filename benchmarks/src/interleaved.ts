/** One way to do the work that a benchmark times. */
export interface Engine {
  engine: string;
  /** Runs before the timed repetitions of a round; not timed. */
  prepare?(): unknown;
  /** One repetition; it must end only when the work is done. */
  work(): unknown;
}

export interface Timing {
  engine: string;
  /** Median wall time of a repetition, in milliseconds. */
  wallMs: number;
  /** Median CPU time of this process, all threads, in milliseconds. */
  cpuMs: number;
  /** CPU time as a share of the first engine's: the median of the ratios round by round. */
  ratio: number;
}

export interface Rounds {
  /** Timed rounds. Default 15. */
  rounds?: number;
  /** Rounds before them, for compilers and caches. Default 3. */
  warmup?: number;
  /** Repetitions per measurement: enough for some tens of milliseconds. Default 1. */
  repetitions?: number;
}

/** Times engines in turn, A B C A B C …, so that a machine that slows down slows all of them down. */
export async function interleaved(
  engines: readonly Engine[],
  { rounds = 15, warmup = 3, repetitions = 1 }: Rounds = {},
): Promise<Timing[]> {
  const samples = engines.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (let round = -warmup; round < rounds; round++) {
    for (const [i, { prepare, work }] of engines.entries()) {
      await prepare?.();
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      for (let n = 0; n < repetitions; n++) await work();
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue;
      samples[i].wall.push((performance.now() - wall) / repetitions);
      samples[i].cpu.push((user + system) / 1000 / repetitions);
    }
  }
  return engines.map(({ engine }, i) => ({
    engine,
    wallMs: round(median(samples[i].wall)),
    cpuMs: round(median(samples[i].cpu)),
    ratio: round(median(samples[i].cpu.map((ms, k) => ms / samples[0].cpu[k]))),
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const round = (x: number) => Number(x.toPrecision(4));
