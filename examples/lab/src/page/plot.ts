import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Line } from './chart.js';
import { logarithmicTicks, rangeAround } from './scale.js';

export const HEIGHT = 220;
/** More points than pixels only cost time. */
const MAX_POINTS = 1500;

interface PlotOptions {
  readonly lines: readonly Line[];
  readonly isLogarithmic: boolean;
  readonly isShown: (line: Line) => boolean;
  /** Fixed ends of the value axis. */
  readonly range?: readonly [number, number];
  readonly width: number;
  readonly format: (tick: number) => string;
  /** Told of the step at the pointer, or that there is none. */
  readonly onStep: (step: number | undefined) => void;
}

const logarithmic: Pick<uPlot.Axis, 'splits' | 'filter'> = {
  splits: (_, __, min, max) => logarithmicTicks(min, max),
  filter: (_, ticks) => ticks,
};

/** Draws lines. All plots of the page point at the same step. */
export function newPlot(place: HTMLElement, options: PlotOptions): uPlot {
  const { lines, isLogarithmic, isShown, range, width, format, onStep } = options;
  const style = getComputedStyle(place);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const grid = { stroke: color('--line'), width: 1 };
  const axis = { stroke: color('--soft-ink'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
  return new uPlot(
    {
      width,
      height: HEIGHT,
      scales: {
        x: { time: false },
        y: {
          ...(isLogarithmic ? { distr: 3 as const } : {}),
          range: (_, min, max) => (range ? [...range] : rangeAround(min, max, isLogarithmic)),
        },
      },
      axes: [
        { ...axis, size: 34 },
        {
          ...axis,
          size: 52,
          values: (_, ticks) => ticks.map(format),
          ...(isLogarithmic ? logarithmic : {}),
        },
      ],
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, sync: { key: 'steps' } },
      series: [
        { label: 'Step' },
        ...lines.map((line) => ({
          label: line.label,
          stroke: line.color,
          width: 1.6,
          spanGaps: true,
          show: isShown(line),
          points: { show: false },
          ...(line.isDashed ? { dash: [6, 4] } : {}),
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor, data }) =>
            onStep(cursor.idx == null || (cursor.left ?? -1) < 0 ? undefined : data[0][cursor.idx]),
        ],
      },
    },
    alignedData(lines, isLogarithmic),
    place,
  );
}

/** All lines over the same steps. What a scale cannot show is left out. */
export function alignedData(lines: readonly Line[], isLogarithmic: boolean): uPlot.AlignedData {
  const tables = lines.map(({ series }): uPlot.AlignedData => {
    const stride = Math.ceil(series.steps.length / MAX_POINTS);
    const isKept = (_: unknown, i: number) => i % stride === 0 || i === series.steps.length - 1;
    const values = series.values.map((value) =>
      Number.isFinite(value) && !(isLogarithmic && value <= 0) ? value : null,
    );
    return [series.steps.filter(isKept), values.filter(isKept)];
  });
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}
