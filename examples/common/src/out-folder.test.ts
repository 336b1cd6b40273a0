import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { outFolder } from './out-folder.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-out-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('outFolder', () => {
  it('is one of its own for each example, and apart from the runs of the command line', () => {
    expect(outFolder('grokking', {})).toBe(join('runs', 'examples', 'grokking'));
    expect(outFolder('grokking', { out: 'elsewhere' })).toBe('elsewhere');
  });

  it('lets a smoke run write over smoke runs, and never where something else lies', () => {
    const [mine, fresh] = [root, join(root, 'new')];
    writeFileSync(join(mine, 'report.html'), 'eight minutes of work');
    expect(() => outFolder('grokking', { out: mine, smoke: true })).toThrow(
      'holds something else than a smoke',
    );
    for (let i = 0; i < 2; i++) expect(outFolder('grokking', { out: fresh, smoke: true })).toBe(fresh);
    expect(existsSync(fresh)).toBe(true);
  });
});
