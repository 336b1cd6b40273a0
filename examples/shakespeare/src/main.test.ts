import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'shakespeare-'));
afterAll(() => rmSync(out, { recursive: true }));

const example = (...args: string[]) =>
  execFileSync(
    'node',
    ['--conditions=@evenkeel/source', '--import', 'tsx', 'examples/shakespeare/src/main.ts', ...args],
    { cwd: root, encoding: 'utf8', stdio: 'pipe' },
  );

it('learns a small text and writes, with samples and a plot', () => {
  const text = join(out, 'text.txt');
  writeFileSync(text, 'the quick brown fox jumps over the lazy dog\n'.repeat(60));
  const size = [
    '--layers',
    '1',
    '--heads',
    '2',
    '--width',
    '32',
    '--context-length',
    '32',
    '--batch-size',
    '8',
  ];
  const printed = example('--text', text, ...size, '--steps', '60', '--evaluate-every', '30', '--out', out);
  expect(printed).toMatch(/step 30, validation loss [\s\S]*step 60, validation loss /);
  const { training, validation } = JSON.parse(readFileSync(join(out, 'losses.json'), 'utf8'));
  expect(training).toHaveLength(60);
  expect(training[0].loss).toBeGreaterThan(2.5);
  expect(validation.at(-1).loss).toBeLessThan(1.5);
  expect(readFileSync(join(out, 'losses.svg'), 'utf8')).toMatch(/^<svg[\s\S]*validation \d/);
}, 60_000);

it('says what it takes', () => {
  expect(example('--help')).toContain('A first look: --steps 200');
  expect(() => example('--steps', 'many')).toThrow('expected a whole number ≥ 1');
  expect(() => example('--text', join(out, 'nowhere'))).toThrow(
    "nowhere' is not there, expected a text file",
  );
});
