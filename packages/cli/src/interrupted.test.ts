import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordFault } from '@evenkeel/testing';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-cli-'));
const bin = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url));
const text = join(root, 'text.txt');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const STEPS = 160;

/** Runs the command line; `watch` sees each event that it prints. Returns the exit code, null after SIGKILL. */
function evenkeel(
  args: readonly string[],
  watch: (event: { event: string; step?: number }, child: ChildProcess) => void = () => {},
) {
  const child = spawn(process.execPath, [bin, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let line = '';
  let errors = '';
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece;
  });
  child.stdout.on('data', (piece: Buffer) => {
    const lines = (line + piece).split('\n');
    line = lines.pop()!;
    for (const each of lines) watch(JSON.parse(each), child);
  });
  return new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, errors }));
  });
}

const trainArgs = (out: string) => [
  ...['train', '--text', text, '--out', out, '--model', 'tiny', '--model.layers', '2', '--model.width', '32'],
  ...['--steps', `${STEPS}`, '--data.batchSize', '4', '--checkpoint.every', '20', '--evaluate.every', '60'],
  ...[
    '--orthograd',
    '--optimizer',
    'grokadamw',
    '--schedule',
    'cosine',
    '--model.dropout',
    '0.1',
    '--seed',
    '5',
  ],
];

const finalState = (out: string) =>
  ['weights.safetensors', 'optimizer.safetensors'].map((file) =>
    readFileSync(join(out, 'checkpoints', `step-${String(STEPS).padStart(8, '0')}`, file)),
  );

/** The records of a run, but for what time decides. */
const metricsOf = (out: string): object[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"step"'))
    .map((line) => {
      const { seconds: _, tokensPerSecond: __, ...record } = JSON.parse(line);
      return record;
    });

describe('a run of the command line', () => {
  it('ends with the same bytes, interrupted and killed on the way or not', async () => {
    const words = ['to be', 'or not', 'that is', 'the question', 'whether'];
    writeFileSync(text, Array.from({ length: 800 }, (_, i) => words[(i * i * 7 + (i >> 3)) % 5]).join(' '));

    const whole = join(root, 'whole');
    expect(await evenkeel(trainArgs(whole))).toMatchObject({ code: 0 });

    const parts = join(root, 'parts');
    const first = await evenkeel(trainArgs(parts), ({ event, step }, child) => {
      if (event === 'checkpoint' && step === 40) child.kill('SIGINT');
    });
    expect(first).toMatchObject({ code: 130 });
    const saved = readdirSync(join(parts, 'checkpoints'))
      .filter((name) => name.startsWith('step-'))
      .sort()
      .at(-1)!;
    expect(Number(saved.slice(5))).toBeGreaterThan(40); // the step it was in was finished and saved
    expect(Number(saved.slice(5))).toBeLessThan(STEPS);

    const second = await evenkeel(['resume', parts], ({ event, step }, child) => {
      // At any instant: often while the next checkpoint is being written.
      if (event === 'checkpoint' && step! >= 100)
        setTimeout(() => child.kill('SIGKILL'), 150 * Math.random());
    });
    expect(second.code).toBeNull();

    expect(await evenkeel(['resume', parts])).toMatchObject({ code: 0 });
    finalState(whole).forEach((bytes, i) => {
      expect(bytes.equals(finalState(parts)[i])).toBe(true);
    });
    expect(metricsOf(parts)).toEqual(metricsOf(whole));
    recordFault(
      'a run of the command line interrupted, then killed, and resumed each time',
      'it ends with the same bytes and metrics as one left alone',
      2,
    );
  }, 300_000);
});
