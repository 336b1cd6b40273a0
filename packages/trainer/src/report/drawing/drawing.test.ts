import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawChart } from './draw-chart.js';
import type { Panel, View } from './panel.js';
import { scaleOf } from './scale.js';
import { seriesOf } from './series.js';
import { smooth } from './smooth.js';

const recordsOf = (values: readonly number[]) => values.map((loss, i) => ({ step: i + 1, seconds: i, loss }));

describe('seriesOf', () => {
  it('shows every record of a short run', () => {
    expect(seriesOf(recordsOf([3, 2, 1]), 'loss', 5)).toEqual({
      steps: [1, 2, 3],
      means: [3, 2, 1],
      count: 3,
      odd: 0,
    });
  });

  it('shows means and ranges of a longer one, and leaves out what is no number', () => {
    expect(seriesOf(recordsOf([1, 3, Number.NaN, 5, Number.NaN, Infinity, 7]), 'loss', 4)).toEqual({
      steps: [2, 4, 6, 7],
      means: [2, 5, null, 7],
      lows: [1, 5, null, 7],
      highs: [3, 5, null, 7],
      count: 7,
      odd: 3,
    });
  });

  it('keeps extremes and ends, in no more stretches than asked for', () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 90,
    });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 40 }), (values, stretches) => {
        const { steps, means, lows = means, highs = means } = seriesOf(recordsOf(values), 'loss', stretches);
        expect(steps.length).toBeLessThanOrEqual(stretches);
        expect(steps.at(-1)).toBe(values.length);
        const near = (a: number, b: number) => Math.abs(a - b) <= 5e-3 * Math.abs(b);
        expect(near(Math.min(...(lows as number[])), Math.min(...values))).toBe(true);
        expect(near(Math.max(...(highs as number[])), Math.max(...values))).toBe(true);
      }),
    );
  });
});

describe('smooth', () => {
  it('is the average that it says, from the first value on, and passes over what is missing', () => {
    expect(smooth([4, null, 1], 0)).toEqual([4, null, 1]);
    const [first, none, second] = smooth([4, null, 1], 0.5);
    expect([first, none]).toEqual([4, null]);
    expect(second).toBeCloseTo((0.25 * 4 + 0.5 * 1) / 0.75, 12);
    for (const value of smooth(Array(50).fill(7), 0.99)) expect(value).toBeCloseTo(7, 9);
  });
});

describe('scaleOf', () => {
  it('marks round numbers', () => {
    expect(scaleOf([0, 1], [0, 100], false, 4).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(scaleOf([3, 320], [0, 100], false, 4).ticks).toEqual([100, 200, 300]);
    expect(scaleOf([1e-4, 10], [0, 100], true, 4).ticks).toEqual([1e-4, 1e-2, 1]);
    expect(scaleOf([0.9, 6], [0, 100], true, 4).ticks).toEqual([1, 2, 5]);
    expect(scaleOf([2.1, 2.5], [0, 100], true, 4).ticks).toEqual([2.1, 2.2, 2.3, 2.4, 2.5]);
  });

  it('has a few marks within any range, and places its ends at the ends', () => {
    const size = fc.double({ min: 1e-30, max: 1e30, noNaN: true });
    fc.assert(
      fc.property(size, size, fc.boolean(), (a, b, isLog) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(high > low * 1.0001);
        const { ticks, at } = scaleOf([low, high], [0, 100], isLog, 4);
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThan(12);
        expect(at(low)).toBeCloseTo(0, 6);
        expect(at(high)).toBeCloseTo(100, 6);
        for (const tick of ticks) {
          expect(at(tick)).toBeGreaterThan(-0.1);
          expect(at(tick)).toBeLessThan(100.1);
        }
      }),
    );
  });
});

describe('drawChart', () => {
  const panelOf = (values: readonly number[], isLogarithmic = false): Panel => ({
    id: 'x',
    title: 'Loss',
    isLogarithmic,
    isShare: false,
    lines: [{ run: 0, metric: 'loss', style: 0, series: seriesOf(recordsOf(values), 'loss', 300) }],
  });
  const view: View = { smoothing: 0, axis: undefined, hidden: new Set() };

  it('breaks a line where there is no number, and where a logarithm has none', () => {
    const pieces = (markup: string) => /class="line[^>]* d="([^"]*)"/.exec(markup)?.[1].match(/M/g)?.length;
    expect(pieces(drawChart(panelOf([1, 2, Number.NaN, 3, 4]), view).markup)).toBe(2);
    expect(pieces(drawChart(panelOf([1, 0, 3]), view).markup)).toBe(1);
    expect(pieces(drawChart(panelOf([1, 0, 3], true), view).markup)).toBe(2);
  });

  it('averages logarithms on a logarithmic axis: a power law stays a line', () => {
    const { lines } = drawChart(panelOf([1, 100], true), { ...view, smoothing: 0.5 });
    expect(lines[0].values[1]).toBeCloseTo(10 ** ((2 * 0.5) / 0.75), 9);
  });

  it('draws any numbers without a coordinate that is none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { maxLength: 30 }),
        fc.boolean(),
        fc.constantFrom(0, 0.9),
        (values, isLog, smoothing) => {
          const { markup } = drawChart(panelOf(values, isLog), { ...view, smoothing });
          expect(markup).not.toMatch(/(NaN|Infinity|undefined|null)/);
        },
      ),
    );
  });

  it('shows a share that does not change between 0 and 100 %', () => {
    const { markup } = drawChart({ ...panelOf([0, 0, 0]), isShare: true }, view);
    expect([...markup.matchAll(/>([\d.-]+ %)</g)].map(([, tick]) => tick)).toEqual([
      '0 %',
      '20 %',
      '40 %',
      '60 %',
      '80 %',
      '100 %',
    ]);
  });

  it('draws no run that is switched off', () => {
    const { markup, lines } = drawChart(panelOf([1, 2]), { ...view, hidden: new Set([0]) });
    expect(markup).not.toContain('data-run');
    expect(lines).toEqual([]);
  });
});
