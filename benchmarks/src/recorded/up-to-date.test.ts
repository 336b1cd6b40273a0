import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const results = (...args: string[]) =>
  execFileSync(
    process.execPath,
    ['--conditions=@evenkeel/source', '--import', 'tsx', 'benchmarks/results.ts', ...args],
    { cwd: root, encoding: 'utf8', stdio: 'pipe' },
  );

it('the tables and plots in the READMEs are those that the results give', () => {
  expect(results('--check')).toBe('');
});

it('the command line says what it takes', () => {
  expect(() => results('run', 'fame')).toThrow("'fame' is no result, expected one of grokking,");
  expect(() => results('run', 'grokking', '--seeds', '1,x')).toThrow('expected whole numbers, such as 1,2,3');
  expect(() => results('run', 'grokking', '--seeds', '1,')).toThrow('expected whole numbers, such as 1,2,3');
  expect(() => results('run', 'grokking', '--only', '^nothing$')).toThrow(
    "no run of grokking matches '^nothing$'",
  );
  expect(() => results('run', 'grokking', '--minutes', '0')).toThrow('expected a number of minutes > 0');
  expect(() => results('run', 'grokking', '--only', '(')).toThrow('expected a regular expression');
});
