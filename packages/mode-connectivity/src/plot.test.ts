import { describe, expect, it } from 'vitest';
import type { Instability, Path } from './index.js';
import { plotInstability, plotPath } from './plot.js';

const path: Path = {
  alphas: [0, 0.5, 1],
  values: { train: { loss: [1, 2, 1], error: [0, 0.5, 0] }, validation: { loss: [2, 4, 3] } },
  barriers: { train: { loss: 1, error: 0.5 }, validation: { loss: 1.5 } },
  atMean: { train: { loss: 2, error: 0.5 }, validation: { loss: 4 } },
  distance: 1,
};
const results: Instability[] = [
  { ...path, fromStep: 0 },
  { ...path, fromStep: 10 },
];

describe.each([
  ['plotPath', (options?: object) => plotPath(path, options)],
  ['plotInstability', (options?: object) => plotInstability(results, options)],
] as const)('%s', (_name, plot) => {
  it('names its lines in their colours, on white', () => {
    const svg = plot({ title: 'A & B' });
    expect(svg).toMatch(/^<svg[^>]*style="[^"]*background: white/);
    expect(svg).toContain('A &amp; B');
    const colours = ['train', 'validation'].map(
      (name) => new RegExp(`fill="(#[0-9a-f]{6})"[^>]*>${name}<`).exec(svg)?.[1],
    );
    expect(new Set(colours).size).toBe(2);
    for (const colour of colours) expect(svg).toContain(`stroke="${colour}"`);
  });

  it('draws a measure of one split only', () => {
    const svg = plot({ measure: 'error' });
    expect(svg).toContain('>train<');
    expect(svg).not.toContain('>validation<');
    expect(svg).not.toContain('NaN');
  });
});

it('plotPath lists the names from the highest line to the lowest, as they end', () => {
  const svg = plotPath(path);
  expect(svg.indexOf('>validation<')).toBeLessThan(svg.indexOf('>train<'));
});
