import { type Advice, AdvisedError, adviceAfterDivergence, moreStepsThan } from '../shared/advice.js';
import { runConfigOf } from '../shared/run-config.js';
import type { Settings } from '../shared/settings.js';
import { Alarm } from './alarm.js';
import { describeConfig } from './describe-config.js';
import { describeSettings } from './describe-settings.js';
import { download, h, setText } from './dom.js';
import { fileField } from './fields.js';
import { Progress } from './progress.js';
import { RunSummary } from './run-summary.js';
import { type Checkpoint, Session } from './session.js';
import { SettingsForm } from './settings-form.js';
import { onFile } from './task-text.js';

/** A run's card: its settings, its buttons, how it stands. */
export class RunPanel {
  readonly element: HTMLElement;
  readonly form: SettingsForm;
  readonly session: Session;
  private readonly progress: Progress;
  private readonly summary: RunSummary;
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly alarm = new Alarm((advice) => this.follow(advice));
  private readonly note = h('p', { class: 'hint', hidden: true });
  private readonly buttons;

  constructor(readonly name: 'A' | 'B') {
    this.session = new Session();
    this.session.onChange(() => this.update());
    this.form = new SettingsForm(name, (error) => this.alarm.show(error));
    this.progress = new Progress(name);
    this.summary = new RunSummary(name);
    const button = (words: string, action: () => void | Promise<void>, kind = '') => {
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
      stop: button('Stop', () => this.stop()),
      save: button('Save checkpoint', async () => this.deliver(await this.session.save())),
    };
    const file = fileField(`${name}-checkpoint`, 'Load a checkpoint', '.zip,application/zip');
    onFile(file.control, (chosen) => this.attempt(() => this.load(chosen)));
    this.element = h(
      'article',
      { class: `run run-${name.toLowerCase()}`, 'aria-labelledby': `${name}-title` },
      h('h3', { id: `${name}-title` }, h('span', { class: 'swatch', 'aria-hidden': 'true' }), `Run ${name}`),
      this.form.element,
      this.progress.element,
      h('div', { class: 'buttons' }, ...Object.values(this.buttons)),
      this.alarm.element,
      this.note,
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
    form.check();
    const { settings } = form;
    const config = runConfigOf(settings, form.text.of(settings.task));
    session.start({ backend: settings.backend, config, steps: settings.steps });
  }

  stop(): void {
    if (this.session.isActive) this.session.stop();
  }

  /** Shows what goes wrong as a sentence. */
  attempt(action: () => void | Promise<void>): void {
    this.alarm.hide();
    Promise.resolve()
      .then(action)
      .catch((error: unknown) => this.alarm.show(error));
  }

  /** Settings become a line. */
  fold(): void {
    this.form.element.open = false;
  }

  private follow(advice: Advice): void {
    const { buttons, form, session, status } = this;
    form.follow(advice);
    this.alarm.hide();
    session.acknowledge();
    const isOfSteps = advice.settings.steps !== undefined;
    const next = isOfSteps && !buttons.proceed.hidden ? buttons.proceed : buttons.start;
    next.focus();
    setText(status, `${describeSettings(form.settings)}. Press ${next.textContent}.`);
  }

  private proceed(): void {
    const { form, session } = this;
    form.check();
    const { settings } = form;
    const { step, zip } = session.checkpoint!;
    if (settings.steps <= step) {
      throw new AdvisedError(
        `The run is at step ${step} already. Give “Steps in all” more than ${step} to continue.`,
        [moreStepsThan(step)],
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

  private update(): void {
    const { session, buttons } = this;
    const { state, isActive, checkpoint } = session;
    const hadFocus = Object.values(buttons).find((button) => button === document.activeElement);
    if (state === 'failed') {
      const isDiverged = session.divergedAt !== undefined;
      this.alarm.say(
        session.message,
        isDiverged ? adviceAfterDivergence(this.form.settings) : session.advice,
      );
    }
    setText(this.status, state === 'failed' ? 'This run has stopped.' : session.message);
    if (state === 'starting') this.note.hidden = true;
    buttons.start.hidden = isActive;
    buttons.proceed.hidden = isActive || !checkpoint;
    buttons.pause.hidden = state !== 'running';
    buttons.resume.hidden = state !== 'paused';
    buttons.stop.hidden = !isActive;
    buttons.save.disabled = !session.canBeSaved;
    // Who uses a keyboard stays where the buttons are.
    if (hadFocus?.hidden)
      Object.values(buttons)
        .find(({ hidden, disabled }) => !hidden && !disabled)
        ?.focus();
    this.form.disabled = isActive;
    this.element.dataset.state = state;
    this.progress.update(session);
    this.summary.update(session);
  }
}
