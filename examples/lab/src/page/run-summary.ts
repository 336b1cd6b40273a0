import { h, setText } from './dom.js';
import { formatNumber, formatShare } from './format.js';
import type { Session } from './session.js';

const ROWS: readonly { readonly label: string; readonly of: (session: Session) => string }[] = [
  { label: 'Loss', of: ({ history }) => formatNumber(history.last('loss')) },
  { label: 'Validation loss', of: ({ history }) => formatNumber(history.last('validationLoss')) },
  { label: 'Accuracy', of: ({ history }) => formatShare(history.last('accuracy')) },
  { label: 'Validation accuracy', of: ({ history }) => formatShare(history.last('validationAccuracy')) },
  { label: 'Softmax collapse', of: ({ history }) => formatShare(history.last('softmaxCollapse')) },
  { label: 'Largest activation', of: ({ history }) => formatNumber(history.last('largestActivation')) },
  { label: 'Lipschitz bound, log₁₀', of: ({ history }) => formatNumber(history.last('log10Lipschitz')) },
  { label: 'Parameters', of: ({ parameters }) => (parameters ? parameters.toLocaleString('en') : '–') },
  { label: 'Runs on', of: ({ backend }) => backend || '–' },
];

/** How a run stands, in numbers. It is read when one goes there, and not announced: it changes all the time. */
export class RunSummary {
  readonly element: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly step = h('span', { class: 'step' });
  private readonly values = ROWS.map(() => h('dd'));

  constructor(run: string) {
    this.bar = h('progress', { 'aria-label': `Steps of run ${run}`, max: 1, value: 0 });
    const rows = ROWS.map(({ label }, i) => h('div', {}, h('dt', {}, label), this.values[i]));
    this.element = h(
      'div',
      { class: 'summary' },
      h('div', { class: 'progress' }, this.bar, this.step),
      h('dl', {}, ...rows),
    );
  }

  update(session: Session): void {
    const { step, steps } = session;
    this.bar.max = Math.max(steps, step, 1);
    this.bar.value = step;
    setText(this.step, steps > 0 ? `step ${step} of ${steps}` : `step ${step}`);
    for (const [i, { of }] of ROWS.entries()) setText(this.values[i], of(session));
  }
}
