import { type Advice, adviceOf } from '../shared/advice.js';
import { h, setText } from './dom.js';

/** What goes wrong, as a sentence, with a button for each thing that the page can do about it. */
export class Alarm {
  readonly element: HTMLElement;
  private readonly sentence = h('p');
  private readonly buttons = h('div', { class: 'buttons' });

  /** @param follow Does what a piece of advice says. */
  constructor(private readonly follow: (advice: Advice) => void) {
    this.element = h('div', { class: 'message', role: 'alert', hidden: true }, this.sentence, this.buttons);
  }

  show(error: unknown): void {
    this.say(error instanceof Error ? error.message : String(error), adviceOf(error));
  }

  say(sentence: string, advice: readonly Advice[] = []): void {
    if (this.sentence.textContent === sentence && !this.element.hidden) return;
    this.element.hidden = false;
    setText(this.sentence, sentence);
    this.buttons.hidden = advice.length === 0;
    this.buttons.replaceChildren(
      ...advice.map((each) => {
        const button = h('button', { type: 'button' }, each.words);
        button.addEventListener('click', () => this.follow(each));
        return button;
      }),
    );
  }

  hide(): void {
    this.element.hidden = true;
    setText(this.sentence, '');
    this.buttons.replaceChildren();
  }
}
