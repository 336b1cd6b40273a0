/** One way to do the work that a benchmark times. */
export interface Contender {
  engine: string;
  /** Runs before the timed repetitions of a round; not timed. */
  prepare?(): unknown;
  work(): void;
}

export interface Timing {
  engine: string;
  /** Medians per call of `work`. */
  wallMs: number;
  cpuMs: number;
}

/**
 * Times contenders in turns, so that a machine that slows down slows all of them.
 *
 * @param repetitions Calls of `work` per measurement: enough for some tens of milliseconds.
 * @param rounds Measurements per contender, whose median counts.
 */
export async function interleave(
  contenders: Contender[],
  repetitions: number,
  rounds = 7,
): Promise<Timing[]> {
  const samples = contenders.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const [i, { prepare, work }] of contenders.entries()) {
      await prepare?.();
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      for (let n = 0; n < repetitions; n++) work();
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue; // warms up compilers and caches
      samples[i].wall.push((performance.now() - wall) / repetitions);
      samples[i].cpu.push((user + system) / 1000 / repetitions);
    }
  }
  return contenders.map(({ engine }, i) => ({
    engine,
    wallMs: median(samples[i].wall),
    cpuMs: median(samples[i].cpu),
  }));
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
