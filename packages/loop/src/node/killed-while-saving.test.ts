import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointDirectory } from './checkpoint-directory.js';

const KILLS = 50;
const root = mkdtempSync(join(tmpdir(), 'evenkeel-killed-'));
const child = join(root, 'saving-child.cjs');
beforeAll(async () => {
  await tf.setBackend('cpu');
  // In one file, so that a child starts in a moment.
  await build({
    entry: [fileURLToPath(new URL('../../test/saving-child.ts', import.meta.url))],
    outDir: root,
    format: 'cjs',
    outExtension: () => ({ js: '.cjs' }),
    noExternal: [/./],
    config: false,
    silent: true,
    esbuildOptions: (options) => {
      options.conditions = ['@evenkeel/source'];
    },
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Lets a child save from a step on, and kills it at some moment; returns the last step it said it had saved. */
async function saveUntilKilled(directory: string, first: number, afterMs: number): Promise<number> {
  const saver = spawn(process.execPath, [child, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let saved = first - 1;
  let isFirst = true;
  saver.stdout.on('data', (text: Buffer) => {
    saved = Number(text.toString().trim().split('\n').at(-1));
    if (isFirst) setTimeout(() => saver.kill('SIGKILL'), afterMs);
    isFirst = false;
  });
  await new Promise((resolve) => saver.on('close', resolve));
  expect(saver.signalCode).toBe('SIGKILL');
  return saved;
}

describe('a process killed while it saves', () => {
  it(`leaves the newest complete checkpoint, ${KILLS} times`, async () => {
    /** One process after another in a directory of its own. */
    const lane = async (name: string, kills: number) => {
      const directory = join(root, name);
      const store = new CheckpointDirectory({ directory });
      let first = 1;
      for (let kill = 0; kill < kills; kill++) {
        const said = await saveUntilKilled(directory, first, Math.random() * 40);
        const { state, weights, optimizer } = (await store.load('latest'))!;
        // What it said it had saved is there, or one that it finished just then.
        expect([said, said + 1]).toContain(state.step);
        for (const { tensor } of [...weights, ...optimizer]) {
          expect(tensor.dataSync().every((value) => value === state.step)).toBe(true);
          tensor.dispose();
        }
        const best = await store.load('best');
        expect(best!.state.step).toBeGreaterThanOrEqual(said);
        tf.dispose([...best!.weights, ...best!.optimizer].map(({ tensor }) => tensor));
        first = state.step + 1;
      }
    };
    await Promise.all(Array.from({ length: 5 }, (_, i) => lane(`lane-${i}`, KILLS / 5)));
    recordFault(
      'a process killed at a random instant while it saves a checkpoint',
      'the newest whole checkpoint is found; none that was said to be saved is lost',
      KILLS,
    );
  }, 180_000);
});
