import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, it } from 'vitest';
import { SeededWindows } from '../text/windows.js';
import { Unfinished } from './result.js';
import { trainResumably } from './train-resumably.js';

const root = mkdtempSync(join(tmpdir(), 'resumably-'));
afterAll(() => rmSync(root, { recursive: true }));

const TOKENS = Array.from({ length: 200 }, (_, i) => (i * i) % 11);

/** Fits a line to windows; stops after a step if asked to. */
async function fit(folder: string, stopAt?: number) {
  const controller = new AbortController();
  const w = tf.variable(tf.scalar(0), true, 'w');
  const optimizer = tf.train.momentum(1e-3, 0.9);
  try {
    const curves = await trainResumably({
      surroundings: {
        directory: join(root, folder),
        kept: root,
        signal: controller.signal,
        text: async () => '',
      },
      optimizer,
      variables: [w],
      step: ({ inputs, targets }) =>
        tf.tidy(
          () => tf.mean(tf.square(tf.sub(tf.mul(inputs as tf.Tensor, w), targets as tf.Tensor))) as tf.Scalar,
        ),
      data: new SeededWindows(TOKENS, { length: 4, batchSize: 3, seed: 5 }),
      steps: 12,
      logEvery: 1,
      saveEvery: 4,
      callbacks: [{ onStep: ({ step }) => step === stopAt && controller.abort() }],
    });
    return { losses: curves.loss, weight: w.dataSync()[0] };
  } finally {
    w.dispose();
    optimizer.dispose();
  }
}

it('a run that was stopped goes on as the uninterrupted one, with all that was recorded', async () => {
  await tf.setBackend('cpu');
  const whole = await fit('whole');
  expect(whole.losses.steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  await expect(fit('parts', 7)).rejects.toThrow(Unfinished);
  expect(await fit('parts')).toEqual(whole);
});
