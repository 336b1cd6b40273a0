import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { takeLock } from './lock.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is held by one at a time and given back', () => {
  const path = join(folder, 'deep/run.lock');
  const release = takeLock(path);
  expect(release).toBeDefined();
  expect(takeLock(path)).toBeUndefined();
  release!();
  expect(existsSync(path)).toBe(false);
  takeLock(path)!();
});

it('is free if its process has ended, or was killed before it wrote its number', () => {
  const { pid } = spawnSync('true');
  for (const [i, content] of [String(pid), ''].entries()) {
    const path = join(folder, `${i}.lock`);
    writeFileSync(path, content);
    expect(takeLock(path)).toBeDefined();
  }
});
