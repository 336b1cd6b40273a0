import { parseArgs } from 'node:util';
import { CASES } from '../gpt-step/cases.js';
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
    },
  });
  const rows = Number(values.rows ?? CASES[values.case].batch);
  const samples = new Map<number, Awaited<ReturnType<typeof timedTraining>>[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const threads of [1, Number(values.threads)]) {
      const task: Task = { name: values.case, threads, rows, steps: Number(values.steps), warmup: 3 };
      process.argv.push(JSON.stringify(task)); // further threads get the program's arguments
      samples.set(threads, [...(samples.get(threads) ?? []), await timedTraining(task)]);
      process.argv.pop();
    }
  }
  const alone = samples.get(1)!;
  for (const [threads, taken] of samples) {
    const wallMs = median(taken.map((sample) => sample.wallMs));
    yield {
      case: `workers-${values.case}`,
      engine: `${threads} threads`,
      wallMs,
      cpuMs: median(taken.map(({ cpuMs }) => cpuMs)),
      tokensPerSecond: Math.round((rows * CASES[values.case].context) / (wallMs / 1000)),
      speedup: median(taken.map((sample, round) => alone[round].wallMs / sample.wallMs)),
      loss: taken[0].loss,
    };
  }
}
