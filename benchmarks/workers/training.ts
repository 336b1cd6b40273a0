import { GPT } from '@evenkeel/gpt-model';
import { AdamW } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { train } from '@evenkeel/trainer';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { CASES } from '../gpt-step/cases.js';
import { installEngine, type WasmEngine } from '../src/wasm-engines.js';

export interface Task {
  name: string;
  threads: number;
  engine: WasmEngine;
  /** Of a product, each of the threads. */
  blasThreads: number;
  /** Of the model's context. */
  rows: number;
  steps: number;
  /** Not timed: threads start, compilers warm up. */
  warmup: number;
}

/** Trains a GPT with so many threads, and returns milliseconds per step, on the wall and of the whole process. */
export async function timedTraining({ name, threads, engine, blasThreads, rows, steps, warmup }: Task) {
  await tf.setBackend('wasm');
  await installEngine(engine, blasThreads);
  const { context, vocabulary: vocabSize, layers, heads, width } = CASES[name];
  const model = new GPT(
    { architecture: 'gpt2', vocabSize, contextLength: context, layers, heads, width },
    { seed: 1 },
  );
  const row = (seed: number) => tf.randomUniform([rows, context], 0, vocabSize, 'int32', seed);
  let since = { wall: 0, cpu: process.cpuUsage() };
  try {
    const { metrics } = await train({
      model,
      loss: (targets: tf.Tensor, logits: tf.Tensor) => sparseSoftmaxCrossEntropy(targets, logits),
      optimizer: new AdamW({ learningRate: 1e-3 }),
      data: [{ inputs: row(1), targets: row(2) }],
      steps: warmup + steps,
      logEvery: 10,
      workers: { count: threads, script: new URL('./thread.ts', import.meta.url) },
      callbacks: [
        {
          onStep({ step }) {
            if (step === warmup) since = { wall: performance.now(), cpu: process.cpuUsage() };
          },
        },
      ],
    });
    const { user, system } = process.cpuUsage(since.cpu);
    const wallMs = (performance.now() - since.wall) / steps;
    return { wallMs, cpuMs: (user + system) / 1e3 / steps, loss: metrics.loss };
  } finally {
    model.dispose();
  }
}
