import type { Range } from '../shared/settings.js';
import { h } from './dom.js';

/** A label with its control, and a hint that screen readers read with it. */
export interface Field<Control extends HTMLElement = HTMLElement> {
  readonly element: HTMLElement;
  readonly control: Control;
}

export function selectField(
  id: string,
  label: string,
  choices: Readonly<Record<string, string>>,
): Field<HTMLSelectElement> {
  const options = Object.entries(choices).map(([value, words]) => h('option', { value }, words));
  return labelled(id, label, h('select', { id }, ...options));
}

export function numberField(id: string, label: string, { min, max, step }: Range): Field<HTMLInputElement> {
  return labelled(
    id,
    label,
    h('input', { id, type: 'number', min, max, step, required: true, inputmode: 'decimal' }),
  );
}

export function fileField(id: string, label: string, accept: string): Field<HTMLInputElement> {
  return labelled(id, label, h('input', { id, type: 'file', accept }));
}

export function textField(id: string, label: string, rows: number): Field<HTMLTextAreaElement> {
  return labelled(id, label, h('textarea', { id, rows, spellcheck: 'false' }));
}

function labelled<C extends HTMLElement>(id: string, label: string, control: C): Field<C> {
  return { control, element: h('div', { class: 'field' }, h('label', { for: id }, label), control) };
}
