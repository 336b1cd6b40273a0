// Trains until it is interrupted, then says at which step it saved. With `endless` its first step never ends.

import * as tf from '@tensorflow/tfjs';
import { train } from '../src/index.js';
import { onInterrupt } from '../src/node/interrupt.js';
import { descent, endless, linearModel, squaredError } from './problems.js';

const [directory, mode] = process.argv.slice(2);

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const interrupt = onInterrupt();
  const { step, reason } = await train({
    model: linearModel(),
    loss: squaredError,
    optimizer: descent(0.01),
    data: endless(),
    steps: 1e6,
    callbacks: [
      {
        onStep: ({ step }) => {
          if (step === 1) process.stdout.write('step 1\n');
          // A timer keeps the process alive.
          return mode === 'endless' ? new Promise(() => setInterval(() => {}, 1e6)) : undefined;
        },
      },
    ],
    checkpoint: { directory, every: 1e6 },
    signal: interrupt.signal,
  });
  process.stdout.write(`${reason} at ${step}\n`);
  process.exit(interrupt.exitCode);
}

void main();
