import { type Advice, AdvisedError } from '../shared/advice.js';
import { isText } from '../shared/run-config.js';
import { DEFAULTS, LEARNING_RATES, RANGES, type Settings, STRENGTHS, shapeOf } from '../shared/settings.js';
import { CHOICES } from './choices.js';
import { describeSettings } from './describe-settings.js';
import { h, setText } from './dom.js';
import { numberField, selectField } from './fields.js';
import { TaskText } from './task-text.js';

/** Where all settings of a run are chosen. */
export class SettingsForm {
  /** Open to choose, folded to a line that says what was chosen. */
  readonly element: HTMLDetailsElement;
  readonly text: TaskText;
  private readonly line = h('span', { class: 'line' });
  private readonly fieldset: HTMLFieldSetElement;
  private readonly fields;

  /** @param run `A` or `B`. @param complain Shows what goes wrong with a text. */
  constructor(run: string, complain: (error: unknown) => void) {
    const id = (name: string) => `${run}-${name}`;
    const select = <N extends keyof typeof CHOICES>(name: N, label: string) =>
      selectField(id(name), label, CHOICES[name]);
    const number = (name: keyof typeof RANGES, label: string) => numberField(id(name), label, RANGES[name]);
    this.fields = {
      task: select('task', 'Task'),
      modulus: number('modulus', 'Modulus p'),
      model: select('model', 'Model'),
      size: select('size', 'Size'),
      loss: select('loss', 'Loss'),
      optimizer: select('optimizer', 'Optimizer'),
      learningRate: number('learningRate', 'Learning rate'),
      constraint: select('constraint', 'Constraint'),
      strength: number('strength', 'Largest norm'),
      batchSize: number('batchSize', 'Batch size'),
      steps: number('steps', 'Steps in all'),
      seed: number('seed', 'Seed'),
      backend: select('backend', 'Runs on'),
    };
    for (const { element } of [this.fields.task, this.fields.backend]) element.classList.add('wide');
    this.text = new TaskText(run, complain);
    const { task, modulus, model, size, loss, optimizer, learningRate, constraint, strength, ...rest } =
      this.fields;
    const group = (title: string, ...elements: HTMLElement[]) =>
      h('fieldset', { class: 'group' }, h('legend', {}, title), ...elements);
    this.fieldset = h(
      'fieldset',
      {},
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
    const title = h('span', { class: 'hidden-words' }, `Settings of run ${run}: `);
    this.element = h(
      'details',
      { class: 'settings', open: true },
      h('summary', {}, title, this.line),
      this.fieldset,
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

  /** @throws At the first number that is out of range, with one that is not. */
  check(): void {
    for (const [name, { control, element }] of Object.entries(this.fields)) {
      if (element.hidden || control.checkValidity()) continue;
      const { min, max } = RANGES[name as keyof typeof RANGES];
      const label = element.querySelector('label')!.textContent;
      const usual = DEFAULTS[name as keyof typeof RANGES];
      const advice = { words: `Set it to ${usual}`, settings: { [name]: usual } };
      throw new AdvisedError(`“${label}” is “${control.value}”; it must be a number from ${min} to ${max}.`, [
        advice,
      ]);
    }
  }

  /** Does what a piece of advice says, as if it were chosen by hand. */
  follow({ settings }: Advice): void {
    const learningRate = settings.optimizer && LEARNING_RATES[settings.optimizer];
    this.settings = { ...this.settings, ...(learningRate && { learningRate }), ...settings };
  }

  set disabled(disabled: boolean) {
    this.fieldset.disabled = disabled;
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
      constraint === 'decoupledWeightDecay' ? 'Weight decay' : 'Largest norm';
    this.text.show(task);
    setText(this.line, describeSettings(this.settings));
  }
}
