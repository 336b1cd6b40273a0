import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metrics } from './metrics.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'evenkeel-grokking-'));
const RECIPES = ['adamw', 'orthograd', 'stablemax', 'stablemax+orthograd'];

function grokking(...args: string[]): string {
  const flags = [
    '--conditions=@evenkeel/source',
    '--import',
    'tsx',
    'examples/grokking/src/main.ts',
    ...args,
  ];
  return execFileSync('node', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
}
const metricsOf = (folder: string, recipe: string): Metrics[] =>
  readFileSync(join(folder, 'published', recipe, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the grokking example, run end to end on a small task', () => {
  const task = [
    '--modulus',
    '7',
    '--hidden',
    '16',
    '--train-fraction',
    '0.7',
    '--epochs',
    '60',
    '--recipe',
    ...RECIPES,
  ];
  let printed: string;
  beforeAll(() => {
    printed = grokking(...task, '--out', out);
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('prints a table with a line for each recipe', () => {
    expect(printed).toContain('a + b mod 7, 70 % of pairs, MLP 14-16-7, full batch, lr 0.01, seed 1');
    const table = printed.slice(printed.indexOf('recipe'));
    for (const recipe of RECIPES)
      expect(table).toMatch(new RegExp(`^${recipe.replace('+', '\\+')} .* %`, 'm'));
  });

  it.each(RECIPES)(
    'writes a line of metrics for every epoch of %s, and learns its training pairs',
    (recipe) => {
      const history = metricsOf(out, recipe);
      expect(history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 61 }, (_, epoch) => epoch));
      expect(history.at(-1)!.trainLoss).toBeLessThan(0.9 * history[0].trainLoss);
      for (const metrics of history) {
        const { weightNorms, ...numbers } = metrics;
        expect(weightNorms).toHaveLength(2);
        expect([...weightNorms, ...Object.values(numbers)].every(Number.isFinite)).toBe(true);
        expect(Math.abs(metrics.cosine)).toBeLessThanOrEqual(1 + 1e-12);
      }
    },
  );

  it('writes a self-contained report with a plot for every quantity, and nothing half-written', () => {
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report.match(/<svg/g)).toHaveLength(5);
    for (const recipe of RECIPES) expect(report).toContain(`<td>${recipe}</td>`);
    expect(report).not.toMatch(/NaN|undefined|<script|<link|src=/);
    expect(readdirSync(out).sort()).toEqual(['accuracy.svg', 'published', 'report.html']);
  });

  it('gives the same numbers for the same seed, and others for another', () => {
    const again = mkdtempSync(join(tmpdir(), 'evenkeel-grokking-'));
    const short = [...task.slice(0, 6), '--epochs', '5', '--recipe', 'orthograd', '--out', again];
    grokking(...short, '--seed', '1');
    expect(metricsOf(again, 'orthograd')).toEqual(metricsOf(out, 'orthograd').slice(0, 6));
    grokking(...short, '--seed', '2');
    expect(metricsOf(again, 'orthograd')[0].trainLoss).not.toBe(metricsOf(out, 'orthograd')[0].trainLoss);
    rmSync(again, { recursive: true });
  });
});
