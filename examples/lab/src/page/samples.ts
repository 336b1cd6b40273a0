import { h, setText } from './dom.js';
import type { RunPanel } from './run-panel.js';
import { WritingBox } from './writing-box.js';

const SHOWN = 5;

/** What each run's model wrote last, the newest first. */
export class Samples {
  private readonly lists;

  constructor(
    place: HTMLElement,
    private readonly panels: readonly RunPanel[],
  ) {
    this.lists = panels.map((panel) => {
      const { name } = panel;
      const note = h('p', { class: 'hint' });
      const list = h('ol', { class: 'samples', 'aria-label': `Samples of run ${name}, newest first` });
      const title = h('h3', {}, h('span', { class: 'swatch', 'aria-hidden': 'true' }), `Run ${name}`);
      const box = new WritingBox(panel);
      const { element } = box;
      place.append(h('article', { class: `run run-${name.toLowerCase()}` }, title, element, note, list));
      return { note, list, box, seen: '' };
    });
    this.update();
  }

  update(): void {
    this.panels.forEach(({ session }, i) => {
      const { samples } = session;
      const entry = this.lists[i];
      entry.box.update();
      const seen = `${samples.length}/${samples.at(-1)?.step}`;
      const none = session.step > 0 ? 'This task has no text, or none was written yet.' : 'Nothing yet.';
      setText(entry.note, samples.length > 0 ? '' : none);
      entry.note.hidden = samples.length > 0;
      if (seen === entry.seen) return;
      entry.seen = seen;
      const items = samples.slice(-SHOWN).reverse();
      entry.list.replaceChildren(
        ...items.map(({ step, sample }) =>
          h('li', {}, h('span', { class: 'hint' }, `Step ${step}`), h('pre', {}, sample.trim())),
        ),
      );
    });
  }
}
