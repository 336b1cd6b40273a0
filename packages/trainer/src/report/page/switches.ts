import type { Charts } from './charts.js';
import { element } from './element.js';

/** A checkbox in the row of each run, which switches its lines; a row under the pointer or in focus makes the others pale. */
export function addSwitches(charts: Charts): void {
  if (charts.names.length < 2) return;
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-run]')) {
    const run = Number(row.dataset.run);
    const head = row.querySelector('th')!;
    const box = head.querySelector('input') ?? switchOf(charts, run, row, head);
    box.checked = charts.isShown(run);
    row.classList.toggle('off', !box.checked);
  }
}

function switchOf(charts: Charts, run: number, row: HTMLElement, head: Element): HTMLInputElement {
  const box = element('input', { type: 'checkbox', id: `show-${run}` });
  const label = element('label', {}, box, ...head.childNodes);
  head.replaceChildren(label);
  box.addEventListener('change', () => {
    charts.switchRuns([run], box.checked);
    row.classList.toggle('off', !box.checked);
    charts.emphasise(box.checked ? run : undefined);
  });
  const emphasise = () => charts.emphasise(charts.isShown(run) ? run : undefined);
  const none = () => charts.emphasise(undefined);
  row.addEventListener('pointerenter', emphasise);
  row.addEventListener('pointerleave', none);
  row.addEventListener('focusin', emphasise);
  row.addEventListener('focusout', none);
  return box;
}
