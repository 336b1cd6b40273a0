import type uPlot from 'uplot';
import { dataTable } from './data-table.js';
import { h, setText } from './dom.js';
import { formatNumber } from './format.js';
import { Legend } from './legend.js';
import { alignedData, HEIGHT, newPlot } from './plot.js';
import { suitsLogarithm } from './scale.js';
import type { Series } from './series.js';
import { stepSlider } from './step-slider.js';

/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly color: string;
  readonly isDashed?: boolean;
  readonly series: Series;
  /** Said behind its last value. */
  readonly remark?: string;
}

export interface ChartOptions {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly caption: string;
  /** Fixed ends of the value axis. */
  readonly range?: readonly [number, number];
  /** Never logarithmic. */
  readonly isLinear?: boolean;
  /** How values are written. Default as numbers. */
  readonly format?: (value: number | undefined) => string;
}

/** Lines over steps, with the numbers as a sentence for those who do not see them, at each step, and as a table on demand. */
export class Chart {
  readonly element: HTMLElement;
  private readonly place = h(
    'div',
    { class: 'plot' },
    h('p', { class: 'hint' }, 'No run has measured this yet.'),
  );
  private readonly table = h('details', {}, h('summary', {}, 'As a table'), h('div', { class: 'table' }));
  private readonly logarithmic = h('button', { type: 'button', class: 'small', hidden: true }, 'Log scale');
  private readonly legend: Legend;
  private readonly format: (value: number | undefined) => string;
  private readonly hidden = new Set<string>();
  private plot: uPlot | undefined;
  private slider: ReturnType<typeof stepSlider> | undefined;
  private shape = '';
  private lines: readonly Line[] = [];
  /** What a person has chosen; else it goes by the values. */
  private chosenScale: boolean | undefined;
  /** Where the pointer is. */
  private step: number | undefined;

  constructor(readonly options: ChartOptions) {
    const { title, caption, format = formatNumber } = options;
    this.format = format;
    this.legend = new Legend((label) => this.toggle(label), format);
    this.logarithmic.setAttribute('aria-label', `Log scale of ${title}`);
    this.logarithmic.addEventListener('click', () => {
      this.chosenScale = !this.isLogarithmic;
      this.draw(this.lines);
    });
    this.element = h(
      'figure',
      {},
      h('figcaption', {}, h('h3', {}, title, this.logarithmic), h('p', { class: 'hint' }, caption)),
      this.place,
      this.legend.element,
      this.table,
    );
    this.table.querySelector('summary')!.setAttribute('aria-label', `${title} as a table`);
    this.table.addEventListener('toggle', () => this.showTable());
    new ResizeObserver(() => this.resize()).observe(this.place);
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.plot?.ctx.canvas;
  }

  /** The lines that are shown. */
  get drawn(): readonly Line[] {
    return this.lines.filter(({ label }) => !this.hidden.has(label));
  }

  draw(lines: readonly Line[]): void {
    this.lines = lines.filter(({ series }) => series.steps.length > 0);
    const { isLogarithmic } = this;
    const shape = JSON.stringify([isLogarithmic, this.lines.map(({ label, color }) => [label, color])]);
    if (this.plot && shape === this.shape) this.plot.setData(alignedData(this.lines, isLogarithmic));
    else this.rebuild(shape);
    this.canvas?.setAttribute('aria-label', this.inWords());
    this.showValues();
    this.showTable();
  }

  /** Draws anew in other colours. */
  recolor(): void {
    this.shape = '';
  }

  private get isLogarithmic(): boolean {
    if (this.options.isLinear) return false;
    return this.chosenScale ?? suitsLogarithm(this.lines.flatMap(({ series }) => series.values));
  }

  private rebuild(shape: string): void {
    const { lines, isLogarithmic, hidden, options, place } = this;
    const hadFocus = this.plot?.over === document.activeElement;
    this.plot?.destroy();
    this.plot = undefined;
    this.shape = shape;
    this.step = undefined;
    this.legend.build(lines, hidden);
    const isEmpty = lines.length === 0;
    place.querySelector('p')!.hidden = !isEmpty;
    this.logarithmic.hidden = isEmpty || options.isLinear === true;
    this.logarithmic.setAttribute('aria-pressed', String(isLogarithmic));
    if (isEmpty) return;
    this.plot = newPlot(place, {
      lines,
      isLogarithmic,
      isShown: ({ label }) => !hidden.has(label),
      range: options.range,
      width: this.width,
      format: this.format,
      onStep: (step) => {
        this.step = step;
        this.showValues();
      },
    });
    this.canvas!.setAttribute('role', 'img');
    this.slider = stepSlider(this.plot, `${options.title}, step`, (step) => this.legend.inWords(step));
    if (hadFocus) this.plot.over.focus();
  }

  private showValues(): void {
    if (this.lines.length === 0) return;
    this.legend.show(this.lines, this.step);
    this.slider?.show(this.step);
  }

  private toggle(label: string): void {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    const line = this.lines.findIndex((each) => each.label === label);
    this.plot?.setSeries(line + 1, { show: !this.hidden.has(label) });
    const key = this.legend.element.querySelectorAll('button')[line];
    key?.setAttribute('aria-pressed', String(!this.hidden.has(label)));
  }

  private resize(): void {
    if (this.plot && this.plot.width !== this.width) this.plot.setSize({ width: this.width, height: HEIGHT });
  }

  private get width(): number {
    return Math.max(200, Math.floor(this.place.clientWidth));
  }

  private inWords(): string {
    const { title } = this.options;
    const last = ({ label, series, remark }: Line) =>
      `${label} ${this.format(series.values.at(-1))} at step ${series.steps.at(-1)}${remark ? `, ${remark}` : ''}`;
    return `${title}. ${this.lines.map(last).join('; ')}.`;
  }

  private showTable(): void {
    if (!this.table.open) return;
    const place = this.table.querySelector('div')!;
    place.replaceChildren(dataTable(this.options.title, this.lines, this.format));
    setText(this.table.querySelector('summary')!, 'As a table');
  }
}
