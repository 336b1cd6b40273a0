import { Alarm } from './alarm.js';
import { h, setText } from './dom.js';
import { numberField, textField } from './fields.js';
import type { RunPanel } from './run-panel.js';
import { write } from './write.js';

const TEMPERATURE = { min: 0, max: 5, step: 'any' } as const;

/** Where a person makes a run's model write: what it goes on from, how daring it is, and what comes. */
export class WritingBox {
  readonly element: HTMLElement;
  private readonly prompt;
  private readonly temperature;
  private readonly buttons;
  private readonly output = h('pre', { hidden: true });
  private readonly given = h('span', { class: 'given' });
  private readonly text = h('span');
  private readonly status = h('p', { class: 'hint', role: 'status' });
  private readonly alarm = new Alarm(() => {});
  /** Stops what is being written, if something is. */
  private writing: AbortController | undefined;

  constructor(private readonly panel: RunPanel) {
    const { name } = panel;
    this.prompt = textField(`${name}-prompt`, 'It goes on from', 2);
    this.temperature = numberField(`${name}-temperature`, 'Temperature', TEMPERATURE);
    this.temperature.control.value = '0.8';
    const button = (words: string, kind: string, action: () => void) => {
      const element = h(
        'button',
        { type: 'button', class: kind, 'aria-label': `${words}: run ${name}` },
        words,
      );
      element.addEventListener('click', action);
      return element;
    };
    this.buttons = {
      write: button('Write', 'primary', () => void this.write()),
      stop: button('Stop writing', '', () => this.writing?.abort()),
    };
    this.output.append(this.given, this.text);
    this.element = h(
      'div',
      { class: 'writing' },
      this.prompt.element,
      h('div', { class: 'buttons' }, this.temperature.element, ...Object.values(this.buttons)),
      this.alarm.element,
      this.status,
      this.output,
    );
    this.update();
  }

  update(): void {
    const { session } = this.panel;
    this.element.hidden = !session.writes;
    const { write, stop } = this.buttons;
    write.disabled = this.writing !== undefined || !session.canBeSaved;
    const hadFocus = document.activeElement === stop;
    stop.hidden = this.writing === undefined;
    if (hadFocus && stop.hidden) write.focus();
  }

  private async write(): Promise<void> {
    const prompt = this.prompt.control.value;
    const temperature = this.temperature.control;
    this.alarm.hide();
    this.writing = new AbortController();
    const { signal } = this.writing;
    this.update();
    this.buttons.stop.focus();
    setText(this.status, 'Writing …');
    let words = 'Stopped.';
    try {
      if (!temperature.checkValidity()) {
        throw new Error(
          `“Temperature” is “${temperature.value}”; it must be a number from ${TEMPERATURE.min} to ${TEMPERATURE.max}.`,
        );
      }
      const { zip: checkpoint } = await this.panel.session.save();
      setText(this.given, prompt);
      setText(this.text, '');
      this.output.hidden = false;
      const asked = { checkpoint, prompt, temperature: Number(temperature.value) };
      await write(
        asked,
        ({ step, text, isDone }) => {
          setText(this.text, text);
          if (isDone) words = `Written with the weights of step ${step}.`;
        },
        signal,
      );
    } catch (error) {
      words = '';
      this.alarm.show(error);
    }
    this.writing = undefined;
    setText(this.status, words);
    this.update();
  }
}
