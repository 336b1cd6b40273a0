import type { View } from '../drawing/panel.js';
import type { Charts } from './charts.js';
import { element } from './element.js';

/** Smoothing, axis, and all runs at once. They are made here, since without a script they would do nothing. */
export function addControls(charts: Charts, onSwitched: () => void): void {
  const amount = element('output', { for: 'smoothing' }, '0 %');
  const slider = element('input', {
    ...{ type: 'range', id: 'smoothing', min: '0', max: '99', step: '1', value: '0' },
    title:
      'How much of the average before a point remains at it. On a logarithmic axis it averages logarithms.',
  });
  slider.addEventListener('input', () => {
    amount.value = `${slider.value} %`;
    charts.change({ smoothing: Number(slider.value) / 100 });
  });

  const axis = element(
    'select',
    { id: 'axis' },
    element('option', { value: '' }, 'as fits each'),
    element('option', { value: 'log' }, 'logarithmic'),
    element('option', { value: 'linear' }, 'linear'),
  );
  axis.addEventListener('change', () => charts.change({ axis: (axis.value || undefined) as View['axis'] }));

  const all = (words: string, isOn: boolean) => {
    const button = element('button', { type: 'button' }, words);
    button.addEventListener('click', () => {
      charts.switchRuns(charts.names.keys(), isOn);
      onSwitched();
    });
    return button;
  };
  const bar = element(
    'div',
    { class: 'controls', role: 'group', 'aria-label': 'How charts are drawn' },
    element('label', {}, 'Smoothing', slider, amount),
    element('label', {}, 'Axis', axis),
    ...(charts.names.length > 1 ? [element('span', {}, all('All runs', true), all('No runs', false))] : []),
  );
  document.getElementById('controls')!.replaceChildren(bar);
}
