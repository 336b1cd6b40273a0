import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dataTable } from './data-table.js';
import { h, setText } from './dom.js';
import { formatNumber } from './format.js';
import type { Series } from './series.js';

/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly color: string;
  readonly isDashed?: boolean;
  readonly series: Series;
}

export interface ChartOptions {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly caption: string;
  readonly isLogarithmic?: boolean;
  /** Fixed ends of the value axis. */
  readonly range?: readonly [number, number];
}

const HEIGHT = 220;
/** More points than pixels only cost time. */
const MAX_POINTS = 1500;

/** Lines over steps, with the numbers as a sentence for those who do not see them, and as a table on demand. */
export class Chart {
  readonly element: HTMLElement;
  private readonly place = h('div', { class: 'plot', role: 'img' });
  private readonly table = h('details', {}, h('summary', {}, 'As a table'), h('div', { class: 'table' }));
  private plot: uPlot | undefined;
  private shape = '';
  private lines: readonly Line[] = [];

  constructor(readonly options: ChartOptions) {
    const { title, caption } = options;
    this.element = h(
      'figure',
      {},
      h('figcaption', {}, h('h3', {}, title), h('p', { class: 'hint' }, caption)),
      this.place,
      this.table,
    );
    this.table.querySelector('summary')!.setAttribute('aria-label', `${title} as a table`);
    this.table.addEventListener('toggle', () => this.showTable());
    new ResizeObserver(() => this.resize()).observe(this.place);
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.plot?.root.querySelector('canvas') ?? undefined;
  }

  get drawn(): readonly Line[] {
    return this.lines;
  }

  draw(lines: readonly Line[]): void {
    this.lines = lines.filter(({ series }) => series.steps.length > 0);
    const data = this.data();
    const shape = JSON.stringify([this.lines.map(({ label, color }) => [label, color])]);
    if (this.plot && shape === this.shape) this.plot.setData(data);
    else this.rebuild(data, shape);
    this.place.setAttribute('aria-label', this.inWords());
    this.showTable();
  }

  /** Draws anew in other colours. */
  recolor(): void {
    this.shape = '';
  }

  private data(): uPlot.AlignedData {
    const isLog = this.options.isLogarithmic;
    const tables = this.lines.map(({ series }): uPlot.AlignedData => {
      const stride = Math.ceil(series.steps.length / MAX_POINTS);
      const isShown = (i: number) => i % stride === 0 || i === series.steps.length - 1;
      const values = series.values.map((value) =>
        Number.isFinite(value) && !(isLog && value <= 0) ? value : null,
      );
      return [series.steps.filter((_, i) => isShown(i)), values.filter((_, i) => isShown(i))];
    });
    return tables.length === 0 ? [[0, 1]] : uPlot.join(tables);
  }

  private rebuild(data: uPlot.AlignedData, shape: string): void {
    this.plot?.destroy();
    this.shape = shape;
    const style = getComputedStyle(this.element);
    const ink = style.getPropertyValue('--soft-ink').trim();
    const grid = { stroke: style.getPropertyValue('--line').trim(), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui, sans-serif' };
    const { isLogarithmic, range } = this.options;
    this.plot = new uPlot(
      {
        width: this.width,
        height: HEIGHT,
        scales: {
          x: { time: false },
          y: {
            ...(isLogarithmic ? { distr: 3 as const } : {}),
            ...(range ? { range: [range[0], range[1]] } : {}),
          },
        },
        axes: [
          axis,
          {
            ...axis,
            size: 58,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatNumber(tick))),
          },
        ],
        legend: { live: false },
        cursor: { drag: { x: true, y: false } },
        series: [
          { label: 'Step' },
          ...this.lines.map(({ label, color, isDashed }) => ({
            label,
            stroke: color,
            width: 1.6,
            spanGaps: true,
            points: { show: false },
            ...(isDashed ? { dash: [6, 4] } : {}),
          })),
        ],
      },
      data,
      this.place,
    );
  }

  private resize(): void {
    if (this.plot && this.plot.width !== this.width) this.plot.setSize({ width: this.width, height: HEIGHT });
  }

  private get width(): number {
    return Math.max(200, Math.floor(this.place.clientWidth));
  }

  private inWords(): string {
    const { title } = this.options;
    if (this.lines.length === 0) return `${title}: nothing yet.`;
    const last = ({ label, series }: Line) =>
      `${label} ${formatNumber(series.values.at(-1))} at step ${series.steps.at(-1)}`;
    return `${title}. ${this.lines.map(last).join('; ')}.`;
  }

  private showTable(): void {
    if (!this.table.open) return;
    const place = this.table.querySelector('div')!;
    place.replaceChildren(dataTable(this.options.title, this.lines));
    setText(this.table.querySelector('summary')!, 'As a table');
  }
}
