import { escapeHtml } from '../escape-html.js';
import { number, withUnit } from '../metric-words.js';
import type { Line, Panel, View } from './panel.js';
import { type Scale, scaleOf } from './scale.js';
import { smooth } from './smooth.js';

/** The size of a chart, in its own pixels, and where it draws. */
export const CHART = { width: 400, height: 240, left: 60, right: 390, top: 10, bottom: 206 } as const;

/** More bands than these only hide each other. */
const BANDS = 6;

/** A line as it is drawn. */
export interface DrawnLine {
  readonly line: Line;
  /** Its values on the axis: averaged, if a reader wants that; null where there is nothing to draw. */
  readonly values: readonly (number | null)[];
}

/** A chart as it is drawn, and where its values are in it. */
export interface Chart {
  /** What stands in the SVG. */
  readonly markup: string;
  readonly lines: readonly DrawnLine[];
  readonly x: Scale;
  readonly y: Scale;
}

/** Draws a panel as a reader wants to see it. The same code draws for the file and, in the page, anew. */
export function drawChart({ lines, isLogarithmic, isShare }: Panel, view: View): Chart {
  const isLog = view.axis === undefined ? isLogarithmic : view.axis === 'log';
  const shown = lines.filter(({ run }) => !view.hidden.has(run)).map((line) => drawn(line, isLog, view));
  const steps = shown.flatMap(({ line }) => line.series.steps);
  const x = scaleOf(rangeOf(steps, false), [CHART.left, CHART.right], false, 4);
  const all = shown.flatMap(({ line, values }) => [
    ...values.filter(isNumber),
    ...(view.smoothing > 0 ? drawable(line.series.means, isLog).filter(isNumber) : []),
  ]);
  const y = scaleOf(padded(rangeOf(all, isLog), isLog, isShare), [CHART.bottom, CHART.top], isLog, 4);
  const { left, right, top, bottom } = CHART;
  // Wider than the axes by a dot, which may lie at an end.
  const area = `${left - 3} ${top} ${right - left + 6} ${bottom - top}`;
  const [ax, ay, width, height] = area.split(' ');
  const markup = `${axes(x, y, isShare)}<svg x="${ax}" y="${ay}" width="${width}" height="${height}" viewBox="${area}">${shown
    .map((each) => paths(each, isLog, { ...view, hasBands: shown.length <= BANDS }, x, y))
    .join('')}</svg>`;
  return { markup, lines: shown, x, y };
}

/** On a logarithmic axis it is logarithms that are averaged: what one sees. */
function drawn(line: Line, isLog: boolean, { smoothing }: View): DrawnLine {
  const values = drawable(line.series.means, isLog);
  if (!isLog) return { line, values: smooth(values, smoothing) };
  const logs = values.map((value) => (value === null ? null : Math.log(value)));
  const averaged = smooth(logs, smoothing).map((value) => (value === null ? null : Math.exp(value)));
  return { line, values: smoothing > 0 ? averaged : values };
}

const drawable = (values: readonly (number | null)[], isLog: boolean): (number | null)[] =>
  values.map((value) => (value === null || (isLog && value <= 0) ? null : value));

const isNumber = (value: number | null): value is number => value !== null;

function rangeOf(values: readonly number[], isLog: boolean): [number, number] {
  if (values.length === 0) return isLog ? [0.1, 1] : [0, 1];
  let [low, high] = [values[0], values[0]];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** A little more at both ends, so that no line lies on the edge; also where all values are the same. */
function padded([low, high]: readonly [number, number], isLog: boolean, isShare: boolean): [number, number] {
  if (isLog) {
    const factor = Math.max(Math.exp(0.04 * (Math.log(high) - Math.log(low))), 1.02);
    return [Math.max(low / factor, Number.MIN_VALUE), Math.min(high * factor, Number.MAX_VALUE)];
  }
  if (isShare && low === high && low >= 0 && low <= 1) return [-0.02, 1.02];
  const more = high > low ? 0.04 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [Math.max(low - more, -Number.MAX_VALUE), Math.min(high + more, Number.MAX_VALUE)];
}

function axes(x: Scale, y: Scale, isShare: boolean): string {
  const { left, right, bottom, height } = CHART;
  const rows = y.ticks.map((tick) => {
    const at = round(y.at(tick));
    const label = isShare ? `${number(Number((100 * tick).toPrecision(6)))} %` : number(tick);
    return `<path class="grid" d="M${left} ${at}H${right}"/><text class="tick" x="${left - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
  });
  const columns = x.ticks.filter(Number.isInteger).map((tick) => {
    const at = round(x.at(tick));
    const anchor = at > right - 14 ? 'end' : 'middle';
    return `<path class="mark" d="M${at} ${bottom}v4"/><text class="tick" x="${at}" y="${bottom + 17}" text-anchor="${anchor}">${withUnit('step', tick)}</text>`;
  });
  return `${rows.join('')}<path class="mark" d="M${left} ${bottom}H${right}"/>${columns.join('')}<text class="tick" x="${(left + right) / 2}" y="${height - 2}" text-anchor="middle">step</text>`;
}

/** The range of each stretch, the line, and dots where it is short. */
function paths(
  { line, values }: DrawnLine,
  isLog: boolean,
  { smoothing, hasBands }: View & { hasBands: boolean },
  x: Scale,
  y: Scale,
): string {
  const { steps, means, lows, highs } = line.series;
  const classes = `c${line.run % 12} dash${line.style}`;
  const point = (i: number, value: number) => `${round(x.at(steps[i]))} ${round(y.at(value))}`;
  const along = (heights: readonly (number | null)[]) => {
    let isOn = false;
    return heights
      .map((value, i) => {
        const start = isOn ? 'L' : 'M';
        isOn = value !== null;
        return value === null ? '' : start + point(i, value);
      })
      .join('');
  };
  const path = (name: string, d: string) =>
    d === '' ? '' : `<path class="${escapeHtml(`${name} ${classes}`)}" data-run="${line.run}" d="${d}"/>`;
  const drawn = values.flatMap((value, i) => (value === null ? [] : [[i, value] as const]));
  // A line of a single point is not seen; of a few it says where they are.
  const dots =
    drawn.length <= 12
      ? drawn
          .map(([i, value]) => {
            const [cx, cy] = point(i, value).split(' ');
            return `<circle class="dot ${classes}" data-run="${line.run}" cx="${cx}" cy="${cy}" r="2.5"/>`;
          })
          .join('')
      : '';
  const band =
    lows && highs && hasBands && smoothing === 0 ? bandOf(drawable(lows, isLog), highs, point) : '';
  return [
    path('band', band),
    smoothing > 0 ? path('raw', along(drawable(means, isLog))) : '',
    path('line', along(values)),
    dots,
  ].join('');
}

/** Around what hangs together: forth along the highest values, back along the lowest. */
function bandOf(
  lows: readonly (number | null)[],
  highs: readonly (number | null)[],
  point: (i: number, value: number) => string,
): string {
  const pieces: string[] = [];
  let [forth, back]: [string[], string[]] = [[], []];
  const close = () => {
    if (forth.length > 1) pieces.push(`M${forth.join('L')}L${back.reverse().join('L')}Z`);
    [forth, back] = [[], []];
  };
  lows.forEach((low, i) => {
    const high = highs[i];
    if (low === null || high === null) close();
    else {
      forth.push(point(i, high));
      back.push(point(i, low));
    }
  });
  close();
  return pieces.join('');
}

const round = (value: number): number => Math.round(10 * value) / 10;
