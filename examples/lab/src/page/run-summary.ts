import { h, setText } from './dom.js';
import { formatNumber, formatShare } from './format.js';
import type { Session } from './session.js';

interface Measured {
  readonly label: string;
  /** The first of them that the run has. */
  readonly metrics: readonly string[];
  readonly format: (value: number | undefined) => string;
}

const MAIN: readonly Measured[] = [
  { label: 'Loss', metrics: ['loss'], format: formatNumber },
  { label: 'Validation loss', metrics: ['validationLoss'], format: formatNumber },
  { label: 'Accuracy', metrics: ['accuracy'], format: formatShare },
  { label: 'Validation accuracy', metrics: ['validationAccuracy'], format: formatShare },
];
const MORE: readonly Measured[] = [
  { label: 'Collapse', metrics: ['softmaxCollapse', 'stablemaxCollapse'], format: formatShare },
  { label: 'Largest activation', metrics: ['largestActivation'], format: formatNumber },
  { label: 'Lipschitz bound, log₁₀', metrics: ['log10Lipschitz'], format: formatNumber },
];

/** How a run stands, in numbers. It is read when one goes there, and not announced: it changes all the time. */
export class RunSummary {
  readonly element: HTMLElement;
  private readonly tiles = [...MAIN, ...MORE].map((measured) => ({
    measured,
    tile: new Tile(measured.label),
  }));
  private readonly parameters = new Tile('Parameters');
  private readonly backend = new Tile('Runs on', 'wide');

  constructor(run: string) {
    const shown = this.tiles.map(({ tile }) => tile.element);
    this.element = h(
      'div',
      { class: 'summary' },
      h('dl', {}, ...shown.slice(0, MAIN.length)),
      h(
        'details',
        {},
        h('summary', { 'aria-label': `More numbers of run ${run}` }, 'More numbers'),
        h('dl', {}, ...shown.slice(MAIN.length), this.parameters.element, this.backend.element),
      ),
    );
  }

  update({ history, divergedAt, parameters, backend }: Session): void {
    this.element.hidden = history.records.length === 0 && !backend;
    for (const { measured, tile } of this.tiles) {
      const known = measured.metrics.find((name) => history.series.has(name));
      const last = measured.format(known === undefined ? undefined : history.last(known));
      if (divergedAt === undefined) tile.show(last);
      else tile.show('diverged', `${last} before step ${divergedAt}`);
    }
    this.parameters.show(parameters ? parameters.toLocaleString('en') : '–');
    this.backend.show(backend || '–');
  }
}

/** A number and what it is. */
class Tile {
  readonly element: HTMLElement;
  private readonly value = h('span');
  private readonly remark = h('small', { hidden: true });

  constructor(label: string, kind = '') {
    this.element = h('div', { class: kind }, h('dt', {}, label), h('dd', {}, this.value, this.remark));
  }

  show(value: string, remark = ''): void {
    setText(this.value, value);
    setText(this.remark, remark);
    this.remark.hidden = remark === '';
    this.element.classList.toggle('alarmed', remark !== '');
  }
}
