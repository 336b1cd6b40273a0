// Trains with as many threads as its first argument says, then prints what came out. The second names another case.

import { isMainThread } from 'node:worker_threads';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import { train, type WorkersOptions } from '../src/index.js';
import { endless, linearModel, squaredError } from './problems.js';

const [count, variant = 'plain'] = process.argv.slice(2);
const workers: WorkersOptions = { count: Number(count) };

async function run(steps: number) {
  const model = linearModel(`linear${steps}`);
  const optimizer = new TransformOptimizer(adamW({ learningRate: 0.05 }));
  const loss = (targets: tf.Tensor, outputs: tf.Tensor) => {
    if (variant === 'throws' && !isMainThread) throw new Error('no loss today');
    if (variant === 'hangs' && !isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (variant === 'is full' && !isMainThread)
      for (const all: unknown[] = []; ; ) all.push(new Array(1e6).fill(all));
    if (variant !== 'counted') return squaredError(targets, outputs);
    // Only large targets count: in some parts none does.
    const counts = tf.cast(tf.greater(targets, 1), 'float32');
    return { sum: tf.sum(tf.mul(counts, tf.squaredDifference(targets, outputs))), count: tf.sum(counts) };
  };
  const { history } = await train({
    model: variant === 'other model' && !isMainThread ? { ...model, variables: [model.variables[1]] } : model,
    loss,
    optimizer,
    data: endless(variant === 'one row' ? 1 : 5),
    steps,
    gradientAccumulation: 2,
    logEvery: 1,
    workers: variant === 'hangs' ? { ...workers, timeoutSeconds: 1 } : workers,
  });
  return {
    losses: history.map(({ loss }) => loss),
    weights: model.values(),
    tensors: tf.memory().numTensors,
  };
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  if (variant === 'leaves' && !isMainThread) return;
  if (variant === 'twice') await run(2);
  process.stdout.write(JSON.stringify(await run(12)));
}

main().catch((error: Error) => {
  process.stderr.write(error.message);
  process.exit(1);
});
