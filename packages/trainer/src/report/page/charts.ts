import { type Chart, drawChart } from '../drawing/draw-chart.js';
import { firstView } from '../drawing/first-view.js';
import type { Drawn, View } from '../drawing/panel.js';
import { watchPointer } from './watch-pointer.js';

/** The charts of the page, and how the reader wants to see them. */
export class Charts {
  private view: View;

  constructor(private drawn: Drawn) {
    this.view = firstView(drawn.names);
  }

  get names(): readonly string[] {
    return this.drawn.names;
  }

  isShown(run: number): boolean {
    return !this.view.hidden.has(run);
  }

  /** Takes over new measurements. */
  show(drawn: Drawn): void {
    this.drawn = drawn;
    this.draw();
  }

  change(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.draw();
  }

  switchRuns(runs: Iterable<number>, isOn: boolean): void {
    const hidden = new Set(this.view.hidden);
    for (const run of runs) {
      if (isOn) hidden.delete(run);
      else hidden.add(run);
    }
    this.change({ hidden });
  }

  draw(): void {
    for (const panel of this.drawn.panels) {
      const svg = document.querySelector<SVGSVGElement>(`#${panel.id} > svg`);
      if (!svg) continue;
      const chart: Chart = drawChart(panel, this.view);
      svg.innerHTML = chart.markup;
      watchPointer(svg, chart, this.names);
    }
  }

  /** Makes all other lines pale. */
  emphasise(run: number | undefined): void {
    for (const line of document.querySelectorAll<SVGElement>('svg.chart [data-run]')) {
      line.classList.toggle('faded', run !== undefined && line.dataset.run !== String(run));
    }
  }
}
