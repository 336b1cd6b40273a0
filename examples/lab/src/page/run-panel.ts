import { runConfigOf } from '../shared/run-config.js';
import type { Settings } from '../shared/settings.js';
import { describeConfig } from './describe-config.js';
import { download, h, setText } from './dom.js';
import { fileField } from './fields.js';
import { RunSummary } from './run-summary.js';
import { type Checkpoint, Session } from './session.js';
import { SettingsForm } from './settings-form.js';
import { onFile } from './task-text.js';

/** A run's card: its settings, its buttons, how it stands. */
export class RunPanel {
  readonly element: HTMLElement;
  readonly form: SettingsForm;
  readonly session: Session;
  private readonly summary: RunSummary;
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly alarm = h('p', { class: 'message', role: 'alert', hidden: true });
  private readonly note = h('p', { class: 'hint', hidden: true });
  private readonly buttons;

  /** @param changed After every change of the run. */
  constructor(
    readonly name: 'A' | 'B',
    private readonly changed: () => void,
  ) {
    this.session = new Session(
      () => this.update(),
      (checkpoint) => this.deliver(checkpoint),
    );
    this.form = new SettingsForm(name, (error) => this.complain(error));
    this.summary = new RunSummary(name);
    const button = (words: string, action: () => void, kind = '') => {
      const element = h(
        'button',
        { type: 'button', class: kind, 'aria-label': `${words} run ${name}` },
        words,
      );
      element.addEventListener('click', () => this.attempt(action));
      return element;
    };
    this.buttons = {
      start: button('Start', () => this.start(), 'primary'),
      pause: button('Pause', () => this.session.pause()),
      resume: button('Resume', () => this.session.resume(), 'primary'),
      proceed: button('Continue', () => this.proceed(), 'primary'),
      stop: button('Stop', () => this.session.stop()),
      save: button('Save checkpoint', () => this.session.save()),
    };
    const file = fileField(`${name}-checkpoint`, 'Load a checkpoint', '.zip,application/zip');
    onFile(file.control, (chosen) => this.attempt(() => this.load(chosen)));
    this.element = h(
      'article',
      { class: `run run-${name.toLowerCase()}`, 'aria-labelledby': `${name}-title` },
      h('h3', { id: `${name}-title` }, h('span', { class: 'swatch', 'aria-hidden': 'true' }), `Run ${name}`),
      this.form.element,
      h('div', { class: 'buttons' }, ...Object.values(this.buttons)),
      this.note,
      this.alarm,
      this.status,
      this.summary.element,
      file.element,
    );
    this.update();
  }

  /** Starts anew. A complaint is shown in the card. */
  start(): void {
    const { form, session } = this;
    if (session.isActive) return;
    const { complaint, settings } = form;
    if (complaint) throw new Error(complaint);
    const config = runConfigOf(settings, form.text.of(settings.task));
    session.start({ backend: settings.backend, config, steps: settings.steps });
  }

  /** Shows what goes wrong as a sentence. */
  attempt(action: () => void | Promise<void>): void {
    this.complain(undefined);
    Promise.resolve()
      .then(action)
      .catch((error: unknown) => this.complain(error));
  }

  private proceed(): void {
    const { form, session } = this;
    const { complaint, settings } = form;
    if (complaint) throw new Error(complaint);
    const { step, zip } = session.checkpoint!;
    if (settings.steps <= step) {
      throw new Error(
        `The run is at step ${step} already. Give “Steps in all” more than ${step} to continue.`,
      );
    }
    const text = form.text.ownText;
    session.start({
      backend: settings.backend,
      checkpoint: zip,
      steps: settings.steps,
      ...(text ? { text } : {}),
    });
  }

  private async load(file: File): Promise<void> {
    if (this.session.isActive) throw new Error('This run is training. Stop it before another one is loaded.');
    const { step, config } = await this.session.load(new Uint8Array(await file.arrayBuffer()));
    const { settings } = this.form;
    if (settings.steps <= step) this.form.settings = { ...settings, steps: 2 * step } satisfies Settings;
    setText(
      this.note,
      `“${file.name}”: step ${step}; ${describeConfig(config)}. Continue keeps these settings; steps and what it runs on ` +
        'come from above.',
    );
    this.note.hidden = false;
    this.session.message = `A checkpoint of step ${step} is loaded. Press Continue.`;
    this.update();
  }

  private deliver({ step, zip }: Checkpoint): void {
    download(`evenkeel-run-${this.name.toLowerCase()}-step-${step}.zip`, zip as BlobPart, 'application/zip');
  }

  private complain(error: unknown): void {
    const message = error === undefined ? '' : error instanceof Error ? error.message : String(error);
    this.alarm.hidden = message === '';
    setText(this.alarm, message);
  }

  private update(): void {
    const { session, buttons } = this;
    const { state, isActive, checkpoint } = session;
    if (state === 'failed') this.complain(session.message);
    setText(this.status, state === 'failed' ? 'This run has stopped.' : session.message);
    if (state === 'starting') this.note.hidden = true;
    buttons.start.hidden = isActive;
    buttons.proceed.hidden = isActive || !checkpoint;
    buttons.pause.hidden = state !== 'running';
    buttons.resume.hidden = state !== 'paused';
    buttons.stop.hidden = !isActive || state === 'starting';
    buttons.save.disabled = !checkpoint && state !== 'running' && state !== 'paused';
    this.form.disabled = isActive;
    this.element.dataset.state = state;
    this.summary.update(session);
    this.changed();
  }
}
