import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { type Engine, interleaved } from '../src/interleaved.js';
import { installEngine, uninstallEngine } from '../src/wasm-engines.js';
import { convolutions, lstm, mlp, type Task, textClassifier } from './models.js';

const TASKS: Readonly<Record<string, () => Task>> = {
  'layers-mlp-784x256x128x10': mlp,
  'layers-embedding-5000x64': textClassifier,
  'layers-conv-16x32': convolutions,
  'layers-lstm-64': lstm,
};

/** How long an epoch of `model.fit` takes without and with one line, `await installWasmKernels()` or `await installBlas()`. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({ args: [...options], options: { rounds: { type: 'string', default: '5' } } });
  await tf.setBackend('wasm');
  for (const [name, create] of Object.entries(TASKS)) {
    const engines: Engine[] = [];
    for (const { engine, prepare } of ENGINES) {
      await prepare();
      const task = create();
      const work = () => epoch(task);
      const error = await errorOf(work);
      if (error === null) engines.push({ engine, prepare, work });
      else yield { case: name, engine, error };
    }
    for (const timing of await interleaved(engines, { rounds: Number(values.rounds), warmup: 1 })) {
      const timesStock = engines.length === ENGINES.length && Number((1 / timing.ratio).toPrecision(3));
      yield { case: name, ...timing, ...(timesStock && { timesStock }) };
    }
  }
  uninstallEngine();
}

const ENGINES = [
  { engine: 'stock', prepare: async () => uninstallEngine() },
  { engine: 'evenkeel', prepare: () => installEngine('evenkeel') },
  { engine: 'evenkeel+blas', prepare: () => installEngine('evenkeel+blas') },
];

const epoch = ({ model, x, y, batchSize }: Task) => model.fit(x, y, { epochs: 1, batchSize, verbose: 0 });

/** The first line of what `work` throws, or null. */
async function errorOf(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}
