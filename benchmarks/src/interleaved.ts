/** One way to do the work that a benchmark times. */
export interface Engine {
  engine: string;
  /** Runs before the timed repetitions of a round; not timed. */
  prepare?(): unknown;
  /** One repetition; it must end only when the work is done. */
  work?(): unknown;
  /** In place of `work`, where another process does it: so many repetitions, timed there. */
  elsewhere?(repetitions: number): Promise<Sample>;
}

/** Milliseconds of one repetition. */
export interface Sample {
  wallMs: number;
  /** Of the process that did the work, all threads. */
  cpuMs: number;
}

/** Medians over the rounds. */
export interface Timing extends Sample {
  engine: string;
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
  const samples = engines.map((): Sample[] => []);
  for (let round = -warmup; round < rounds; round++) {
    for (const [i, { prepare, work, elsewhere }] of engines.entries()) {
      await prepare?.();
      const sample = await (elsewhere?.(repetitions) ?? here(work, repetitions));
      if (round >= 0) samples[i].push(sample);
    }
  }
  return engines.map(({ engine }, i) => ({
    engine,
    wallMs: round(median(samples[i].map(({ wallMs }) => wallMs))),
    cpuMs: round(median(samples[i].map(({ cpuMs }) => cpuMs))),
    ratio: round(median(samples[i].map(({ cpuMs }, k) => cpuMs / samples[0][k].cpuMs))),
  }));
}

async function here(work: Engine['work'], repetitions: number): Promise<Sample> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (let n = 0; n < repetitions; n++) await work?.();
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallMs: (performance.now() - wall) / repetitions,
    cpuMs: (user + system) / 1000 / repetitions,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const round = (x: number) => Number(x.toPrecision(4));
