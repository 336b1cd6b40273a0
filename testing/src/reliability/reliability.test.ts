import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT, recordedInSources, rowsInDocument } from './recorded.js';

describe('docs/reliability.md', () => {
  const rows = rowsInDocument(readFileSync(DOCUMENT, 'utf8'));

  it('has every fault that a test records, and no other: else npm run reliability', () => {
    const lines = (list: readonly { fault: string; happened: string; file: string }[]) =>
      list.map(({ fault, happened, file }) => `${file}: ${fault}: ${happened}`).sort();
    expect(lines(rows)).toEqual([...new Set(lines(recordedInSources()))]);
  });

  it('says of each how often it was caused', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ times }) => !(times >= 1))).toEqual([]);
  });
});
