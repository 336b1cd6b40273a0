import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { type Engine, interleaved } from '../src/interleaved.js';
import { Remote } from '../src/remote.js';
import { startTorch } from '../src/torch.js';
import { installEngine, uninstallEngine, WASM_ENGINES, type WasmEngine } from '../src/wasm-engines.js';
import { createBatches } from './batches.js';
import { CASES, type Size } from './cases.js';
import { profileStep } from './profile.js';
import { evenkeelTrainer, stockTrainer, type Trainer } from './steps.js';

/** Here a step of the stock model takes minutes, and its activations do not fit beside those of others. */
const LARGE = 'gpt-6x384';

/** How long one training step of a GPT takes, written four ways. See README.md for the options. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      case: { type: 'string' },
      rounds: { type: 'string' },
      engines: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const names = values.case === undefined ? Object.keys(CASES) : [values.case];
  const unknown = names.find((name) => !(name in CASES));
  if (unknown !== undefined) {
    const known = Object.keys(CASES).join(', ');
    throw new Error(`gpt-step: --case is '${unknown}', expected one of ${known}. Leave it out for all.`);
  }
  await tf.setBackend('wasm');
  if (values.profile) {
    for (const name of names) yield* profile(name, CASES[name], values.engines ?? 'evenkeel');
    return;
  }
  const torch =
    values.engines?.includes('torch') === false
      ? null
      : await startTorch(new URL('./torch-gpt.py', import.meta.url));
  try {
    if (torch && !(torch instanceof Remote)) yield torch;
    for (const name of names) {
      const rounds = Number(values.rounds ?? (name === LARGE ? 3 : 9));
      const engines = values.engines?.split(',') ?? (name === LARGE ? OURS : ALL);
      yield* timeCase(name, { engines, rounds, torch: torch instanceof Remote ? torch : null });
    }
  } finally {
    if (torch instanceof Remote) torch.stop();
  }
}

const OURS = [...WASM_ENGINES.filter((engine) => engine !== 'evenkeel-revec'), 'torch'];
const ALL = ['stock', 'stock-model+kernels', ...OURS];

interface CaseOptions {
  /** Which to time; the first to run is what `ratio` compares with. */
  engines: readonly string[];
  rounds: number;
  torch: Remote | null;
}

async function* timeCase(
  name: string,
  { engines: names, rounds, torch }: CaseOptions,
): AsyncGenerator<object> {
  const size = CASES[name];
  const batches = createBatches(size);
  const trainers: Trainer[] = [];
  const engine = (label: string, create: () => Trainer, prepare: () => unknown): Engine[] => {
    if (!names.includes(label)) return [];
    const trainer = create();
    trainers.push(trainer);
    let step = 0;
    const work = () => {
      const { tokens, labels } = batches[step++ % batches.length];
      trainer.step(tokens, labels);
    };
    return [{ engine: label, prepare, work }];
  };
  const engines = [
    ...engine('stock', () => stockTrainer(size, 'stock', { gather: false }), uninstallEngine),
    ...engine(
      'stock-model+kernels',
      () => stockTrainer(size, 'kernels', { gather: true }),
      () => installEngine('evenkeel'),
    ),
    ...WASM_ENGINES.flatMap((name) =>
      engine(
        name,
        () => evenkeelTrainer(size, name),
        () => installEngine(name),
      ),
    ),
    ...(torch ? [torch.time(name)] : []),
  ];
  // The small step is short beside what V8 compiles in the first ones, on threads of its own.
  const timings = await interleaved(engines, { rounds, warmup: name === LARGE ? 2 : 40 });
  const yardstick = torch && timings.at(-1)!.cpuMs;
  const parameters = trainers[0] && countParameters(trainers[0]);
  for (const timing of timings) {
    yield {
      case: name,
      ...timing,
      ...(names.includes('stock') && { timesStock: round(1 / timing.ratio) }),
      ...(yardstick && { ofTorch: round(timing.cpuMs / yardstick) }),
      tokensPerSecond: Math.round(((size.batch * size.context) / timing.cpuMs) * 1000),
      parameters,
      rounds,
    };
  }
  for (const trainer of trainers) trainer.dispose();
  tf.dispose(batches);
  uninstallEngine();
}

async function* profile(name: string, size: Size, engine: string): AsyncGenerator<object> {
  await installEngine(engine as WasmEngine);
  const trainer = evenkeelTrainer(size, 'profile');
  const batches = createBatches(size);
  for (const line of profileStep((step) => {
    const { tokens, labels } = batches[step % batches.length];
    trainer.step(tokens, labels);
  })) {
    yield { case: name, engine, ...line };
  }
  trainer.dispose();
  tf.dispose(batches);
  uninstallEngine();
}

const countParameters = ({ weights }: Trainer): number =>
  Object.values(weights).reduce((total, { size }) => total + size, 0);

const round = (x: number): number => Number(x.toPrecision(3));
