import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressLine } from './progress-line.js';

const parts = [
  { text: '40 %', rank: 4 },
  { text: 'step 120/300', rank: 0 },
  { text: '1 min 20 s left', rank: 2 },
  { text: 'loss 0.1234', rank: 1 },
  { text: 'validation 0.2345', rank: 3 },
  { text: '12345 tokens/s', rank: 5 },
];

describe('progressLine', () => {
  it('has a bar where there is room, a narrower one at 80 columns or none, and whole numbers at 42', () => {
    expect(progressLine(0.4, parts, 120)).toBe(
      `${'█'.repeat(10)}${'░'.repeat(14)} 40 % · step 120/300 · 1 min 20 s left · loss 0.1234 · validation 0.2345 · 12345 tokens/s`,
    );
    expect(progressLine(0.5, parts.slice(0, 5), 80)).toBe(
      '████░░░ 40 % · step 120/300 · 1 min 20 s left · loss 0.1234 · validation 0.2345',
    );
    expect(progressLine(0.4, parts, 42)).toBe('███░░░░ 40 % · step 120/300 · loss 0.1234');
    expect(progressLine(undefined, parts.slice(1, 2), 80)).toBe('step 120/300');
  });

  it('fits into the terminal, and cuts no part', () => {
    const part = fc.record({ text: fc.string({ minLength: 1, maxLength: 20 }), rank: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.array(part),
        fc.integer({ min: 25, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, columns, share) => {
          const line = progressLine(share, list, columns);
          expect(line.length).toBeLessThan(columns);
          const shown = line.replace(/^[█░]* /, '');
          if (list.length === 1) expect(shown).toBe(list[0].text);
          const all = list.map(({ text }) => text).join(' · ');
          if (all.length < columns) expect(line.endsWith(all)).toBe(true);
        },
      ),
    );
  });
});
