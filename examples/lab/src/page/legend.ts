import type { Line } from './chart.js';
import { h, setText } from './dom.js';
import { valueAt } from './series.js';

/** What each line is, drawn as it is drawn, and its value where the pointer is. Pressing one hides or shows its line. */
export class Legend {
  readonly element = h('ul', { class: 'legend' });
  private readonly at = h('li', { class: 'at' });
  private values: HTMLElement[] = [];
  private lines: readonly Line[] = [];

  /** @param toggle Hides or shows a line. */
  constructor(
    private readonly toggle: (label: string) => void,
    private readonly format: (value: number | undefined) => string,
  ) {}

  /** @param hidden Labels of lines that are not shown. */
  build(lines: readonly Line[], hidden: ReadonlySet<string>): void {
    this.values = lines.map(() => h('span', { class: 'value' }));
    const keys = lines.map(({ label, color, isDashed }, i) => {
      const sample = h('span', { class: 'sample', 'aria-hidden': 'true' });
      sample.style.borderTop = `2px ${isDashed ? 'dashed' : 'solid'} ${color}`;
      const isShown = !hidden.has(label);
      const key = h('button', { type: 'button', 'aria-pressed': String(isShown) }, sample, label);
      key.addEventListener('click', () => this.toggle(label));
      return h('li', {}, key, this.values[i]);
    });
    this.element.replaceChildren(...(lines.length > 0 ? [this.at, ...keys] : []));
  }

  /** @param step Where the pointer is; the last of all without it. */
  show(lines: readonly Line[], step: number | undefined): void {
    this.lines = lines;
    const last = Math.max(...lines.map(({ series }) => series.steps.at(-1) ?? 0));
    setText(this.at, `step ${step ?? last}`);
    lines.forEach(({ series, remark }, i) => {
      const value = this.format(valueAt(series, step ?? last));
      setText(this.values[i], remark && step === undefined ? `${value}, ${remark}` : value);
    });
  }

  /** What is shown at a step, as a sentence. */
  inWords(step: number): string {
    const words = this.lines.map(({ label, series }) => `${label} ${this.format(valueAt(series, step))}`);
    return `step ${step}: ${words.join('; ')}`;
  }
}
