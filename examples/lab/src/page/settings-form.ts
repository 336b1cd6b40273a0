import { isText } from '../shared/run-config.js';
import { DEFAULTS, LEARNING_RATES, type Settings, STRENGTHS, shapeOf } from '../shared/settings.js';
import { CHOICES } from './choices.js';
import { h } from './dom.js';
import { numberField, selectField } from './fields.js';
import { TaskText } from './task-text.js';

/** Where all settings of a run are chosen. */
export class SettingsForm {
  readonly element: HTMLFieldSetElement;
  readonly text: TaskText;
  private readonly fields;

  /** @param run `A` or `B`. @param complain Shows what goes wrong with a text. */
  constructor(run: string, complain: (error: unknown) => void) {
    const id = (name: string) => `${run}-${name}`;
    const select = <N extends keyof typeof CHOICES>(name: N, label: string) =>
      selectField(id(name), label, CHOICES[name]);
    const number = (name: string, label: string, min: number, max: number, step: number | 'any' = 1) =>
      numberField(id(name), label, { min, max, step });
    this.fields = {
      task: select('task', 'Task'),
      modulus: number('modulus', 'Modulus p', 2, 257),
      model: select('model', 'Model'),
      size: select('size', 'Size'),
      loss: select('loss', 'Loss'),
      optimizer: select('optimizer', 'Optimizer'),
      learningRate: number('learning-rate', 'Learning rate', 0, 10, 'any'),
      constraint: select('constraint', 'Constraint'),
      strength: number('strength', 'Largest norm', 0, 1000, 'any'),
      batchSize: number('batch-size', 'Batch size', 1, 1024),
      steps: number('steps', 'Steps in all', 1, 1_000_000),
      seed: number('seed', 'Seed', 0, 2 ** 32 - 1),
      backend: select('backend', 'Runs on'),
    };
    for (const { element } of [this.fields.task, this.fields.backend]) element.classList.add('wide');
    this.text = new TaskText(run, complain);
    const { task, modulus, model, size, loss, optimizer, learningRate, constraint, strength, ...rest } =
      this.fields;
    const group = (title: string, ...elements: HTMLElement[]) =>
      h('fieldset', { class: 'group' }, h('legend', {}, title), ...elements);
    this.element = h(
      'fieldset',
      { class: 'settings' },
      h('legend', {}, `Settings of run ${run}`),
      group('What it learns', task.element, modulus.element, ...this.text.elements),
      group('Model', model.element, size.element),
      group(
        'How it learns',
        loss.element,
        optimizer.element,
        learningRate.element,
        constraint.element,
        strength.element,
      ),
      group('Run', ...Object.values(rest).map(({ element }) => element)),
    );
    this.settings = DEFAULTS;
    optimizer.control.addEventListener('change', () => {
      learningRate.control.value = String(LEARNING_RATES[this.settings.optimizer]);
    });
    constraint.control.addEventListener('change', () => {
      strength.control.value = String(STRENGTHS[this.settings.constraint] ?? strength.control.value);
    });
    this.element.addEventListener('change', () => this.showWhatMatters());
  }

  get settings(): Settings {
    const value = (name: keyof Settings) => this.fields[name].control.value;
    return Object.fromEntries(
      Object.entries(DEFAULTS).map(([name, example]) => [
        name,
        typeof example === 'number' ? Number(value(name as keyof Settings)) : value(name as keyof Settings),
      ]),
    ) as unknown as Settings;
  }

  set settings(settings: Settings) {
    for (const [name, value] of Object.entries(settings)) {
      this.fields[name as keyof Settings].control.value = String(value);
    }
    this.showWhatMatters();
  }

  /** A sentence on the first number that is out of range; nothing if all fit. */
  get complaint(): string | undefined {
    for (const { control, element } of Object.values(this.fields)) {
      if (element.hidden || control.checkValidity()) continue;
      const { min, max } = control as HTMLInputElement;
      const name = element.querySelector('label')!.textContent;
      return `“${name}” is “${control.value}”; it must be a number from ${min} to ${max}.`;
    }
    return undefined;
  }

  set disabled(disabled: boolean) {
    this.element.disabled = disabled;
  }

  private showWhatMatters(): void {
    const { task, model, constraint } = this.settings;
    const { fields } = this;
    for (const option of fields.size.control.options) {
      const size = option.value as Settings['size'];
      option.textContent = `${CHOICES.size[size]}: ${shapeOf(size, model)}`;
    }
    fields.modulus.element.hidden = isText(task);
    fields.batchSize.element.hidden = model === 'mlp'; // an MLP sees all pairs in each step
    fields.strength.element.hidden = constraint === 'none';
    fields.strength.element.querySelector('label')!.textContent =
      constraint === 'weight-decay' ? 'Weight decay' : 'Largest norm';
    this.text.show(task);
  }
}
