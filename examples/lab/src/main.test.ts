import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('says what is wrong with a file that it shall go on from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-lab-'));
  const file = join(folder, 'words.zip');
  writeFileSync(file, 'words');
  const main = new URL('main.ts', import.meta.url).pathname;
  const options = ['--conditions=@evenkeel/source', '--import', 'tsx', main, '--continue', file];
  const { status, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('The file cannot be read as a zip');
  rmSync(folder, { recursive: true });
});
