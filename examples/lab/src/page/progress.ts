import { h, setText } from './dom.js';
import { formatDuration, formatSpeed } from './format.js';
import type { Session } from './session.js';

/** How far a run is, how fast it goes, and how long it will take. */
export class Progress {
  readonly element: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly step = h('span', { class: 'step' });
  private readonly speed = h('span');
  private readonly left = h('span');

  constructor(run: string) {
    this.bar = h('progress', { 'aria-label': `Steps of run ${run}`, max: 1, value: 0 });
    const words = h('p', { class: 'pace' }, this.step, this.speed, this.left);
    this.element = h('div', { class: 'progress' }, this.bar, words);
  }

  update({ state, step, steps, pace }: Session): void {
    this.element.hidden = state === 'idle' && step === 0;
    this.bar.max = Math.max(steps, step, 1);
    this.bar.value = step;
    setText(this.step, steps > 0 ? `step ${step} of ${steps}` : `step ${step}`);
    const isRunning = state === 'running';
    const [speed, left] = [pace.stepsPerSecond, pace.secondsLeft(steps)];
    setText(this.speed, isRunning && speed ? formatSpeed(speed) : '');
    setText(this.left, isRunning && left !== undefined ? `${formatDuration(left)} left` : '');
  }
}
