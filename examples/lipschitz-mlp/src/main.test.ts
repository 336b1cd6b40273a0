import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import type { Result, Run } from './run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'lipschitz-mlp-'));
afterAll(() => rmSync(out, { recursive: true }));

const example = (...args: string[]) =>
  execFileSync(
    'node',
    ['--conditions=@evenkeel/source', '--import', 'tsx', 'examples/lipschitz-mlp/src/main.ts', ...args],
    { cwd: root, encoding: 'utf8', stdio: 'pipe' },
  );

it('shows the trade-off at a small size', () => {
  const size = ['--steps', '120', '--hidden', '32', '--images', '4000', '--attacked', '60', '--out', out];
  const printed = example(...size, '--recipes', 'adamw+decay', 'muon+softcap');
  expect(printed).toContain('Lipschitz bound');
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/<svg[\s\S]*Certified accuracy/);
  const results: (Run & Result)[] = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
  const of = (recipe: string) => results.filter((result) => result.recipe === recipe);

  for (const { level, norms, accuracy, attacked, certified } of of('muon+softcap')) {
    for (const norm of norms) expect(norm).toBeLessThanOrEqual(level * 1.01); // the bound is within 1 % of σ₁
    expect(accuracy).toBeGreaterThan(0.5);
    for (const [i, share] of attacked.entries()) {
      expect(share).toBeGreaterThanOrEqual(certified[i] - 0.15); // of other images
    }
  }
  // The published trend: the bound rises with the cap, and a cap holds a bound that decay without one does not.
  const bounds = of('muon+softcap').map(({ lipschitz }) => lipschitz);
  expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
  expect(Math.max(...bounds)).toBeLessThan(
    Math.max(...of('adamw+decay').map(({ lipschitz }) => lipschitz)) * 10,
  );
}, 120_000);

it('teaches its options', () => {
  expect(example('--help')).toContain('--recipes muon+softcap --levels 2');
  expect(() => example('--steps', 'many')).toThrow('expected a whole number ≥ 1');
});
