import { parseArgs } from 'node:util';
import { CASES } from '../gpt-step/cases.js';
import { enginesNamed } from '../src/wasm-engines.js';
import { type Task, timedTraining } from './training.js';

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Tokens per second with several threads against one: wall time, since that is what threads are for. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '20' },
      case: { type: 'string', default: 'gpt-4x128' },
      threads: { type: 'string', default: '2' },
      rows: { type: 'string' },
      engines: { type: 'string', default: 'evenkeel' },
    },
  });
  const rows = Number(values.rows ?? CASES[values.case].batch);
  const several = Number(values.threads);
  const common = { name: values.case, rows, steps: Number(values.steps), warmup: 3 };
  for (const engine of enginesNamed(values.engines)) {
    const ways: Record<string, Task> = {
      '1 thread': { ...common, engine, threads: 1, blasThreads: 1 },
      [`${several} threads`]: { ...common, engine, threads: several, blasThreads: 1 },
      ...(engine === 'evenkeel+blas' && {
        [`${several} threads of the BLAS`]: { ...common, engine, threads: 1, blasThreads: several },
      }),
    };
    yield* compare(engine, ways, Number(values.rounds));
  }
}

/** Trains in each of the ways, in turn; the first is what `speedup` compares with. */
async function* compare(
  engine: string,
  ways: Readonly<Record<string, Task>>,
  rounds: number,
): AsyncGenerator<object> {
  const samples = new Map<string, Awaited<ReturnType<typeof timedTraining>>[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [way, task] of Object.entries(ways)) {
      process.argv.push(JSON.stringify(task)); // further threads get the program's arguments
      samples.set(way, [...(samples.get(way) ?? []), await timedTraining(task)]);
      process.argv.pop();
    }
  }
  const [alone] = samples.values();
  for (const [way, taken] of samples) {
    const { name, rows } = ways[way];
    const wallMs = median(taken.map((sample) => sample.wallMs));
    yield {
      case: `workers-${name}`,
      engine: `${engine}, ${way}`,
      wallMs,
      cpuMs: median(taken.map(({ cpuMs }) => cpuMs)),
      tokensPerSecond: Math.round((rows * CASES[name].context) / (wallMs / 1000)),
      speedup: median(taken.map((sample, round) => alone[round].wallMs / sample.wallMs)),
      loss: taken[0].loss,
    };
  }
}
