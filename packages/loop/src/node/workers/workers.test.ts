import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { recordFault } from '@evenkeel/testing';
import { describe, expect, it } from 'vitest';

interface Result {
  readonly losses: number[];
  readonly weights: number[];
  readonly tensors: number;
}

const script = fileURLToPath(new URL('../../../test/workers-child.ts', import.meta.url));

/** What the child prints, or the message with which it fails. */
async function child(count: number, variant = 'plain'): Promise<Result> {
  const flags = ['--max-old-space-size=400', '--conditions=@evenkeel/source', '--import', 'tsx'];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, `${count}`, variant]);
    return JSON.parse(stdout) as Result;
  } catch (error) {
    throw new Error((error as { stderr: string }).stderr);
  }
}

const expectSame = (a: Result, b: Result) => {
  expect(a.losses).toHaveLength(b.losses.length);
  for (const [i, loss] of a.losses.entries()) expect(loss).toBeCloseTo(b.losses[i], 5);
  for (const [i, weight] of a.weights.entries()) expect(weight).toBeCloseTo(b.weights[i], 5);
};

describe('workers', () => {
  it('give the result of one thread, also where rows are not shared out evenly, without leaks', async () => {
    const [one, two, three] = await Promise.all([child(1), child(2), child(3)]);
    expect(one.losses).toHaveLength(12);
    expect(one.losses[11]).toBeLessThan(one.losses[0]);
    expectSame(two, one);
    expectSame(three, one);
    expect(three.tensors).toBe(one.tensors);
  });

  it('do with fewer rows than threads', async () => {
    const [one, three] = await Promise.all([child(1, 'one row'), child(3, 'one row')]);
    expectSame(three, one);
  });

  it('weigh each part by what its loss counts, also where that is nothing', async () => {
    const [one, three] = await Promise.all([child(1, 'counted'), child(3, 'counted')]);
    expectSame(three, one);
    const plain = await child(1);
    expect(Math.abs(plain.weights[0] - one.weights[0])).toBeGreaterThan(1e-4);
  });

  it.each<[string, number, RegExp]>([
    ['throws', 2, /^train: worker 1 failed: no loss today/m],
    ['hangs', 2, /^train: worker 1 failed: it gave no answer in 1 s/m],
    ['is full', 2, /^train: worker 1 failed: .*memory/m],
    ['leaves', 2, /worker 1 failed: it ended before training did.*calls train/],
    ['other model', 2, /worker 1 has variables of shapes \[\[1\]\], expected \[\[3,1\],\[1\]\]/],
    ['twice', 2, /workers came a second time.*script: new URL/],
    ['plain', 0.5, /train: workers is 0.5, expected a whole number ≥ 1/],
  ])('that cannot help are named, with what to do: %s', async (variant, count, message) => {
    await expect(child(count, variant)).rejects.toThrow(message);
    if (count < 1) return; // no worker's fault
    recordFault(
      'a worker that throws, hangs, is out of memory, ends or does not fit',
      'training ends with an error that names the worker',
    );
  });
});
