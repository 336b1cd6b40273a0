import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { trunkFolder } from './trunk.js';

let kept: string;
beforeEach(() => {
  kept = mkdtempSync(join(tmpdir(), 'kept-'));
});
afterEach(() => rmSync(kept, { recursive: true }));

const begun = (steps: number | string, latest: string) => {
  mkdirSync(join(kept, 'run', String(steps)), { recursive: true });
  writeFileSync(join(kept, 'run', String(steps), 'latest'), latest);
};
const latest = (folder: string) => readFileSync(join(folder, 'latest'), 'utf8');

it('starts from nothing the first time', () => {
  expect(trunkFolder(kept, 'run', 60)).toBe(join(kept, 'run/60'));
  expect(existsSync(join(kept, 'run/60'))).toBe(false);
});

it('goes on from the longest that is shorter, and leaves that as it is', () => {
  for (const steps of [60, 360, 9000]) begun(steps, `step-${steps}`);
  begun('700.tmp', 'half a copy');
  mkdirSync(join(kept, 'run/500'));
  expect(latest(trunkFolder(kept, 'run', 3600))).toBe('step-360');
  expect(latest(join(kept, 'run/360'))).toBe('step-360');
});

it('is left alone once it has begun', () => {
  begun(60, 'step-60');
  begun(360, 'step-200');
  expect(latest(trunkFolder(kept, 'run', 360))).toBe('step-200');
});
