import type { Settings } from '../shared/settings.js';
import { h } from './dom.js';
import { fileField, textField } from './fields.js';
import { downloadShakespeare, readShakespeare, readText, textOf } from './texts.js';

/** Where the texts come from that are not built in. */
export class TaskText {
  readonly elements: readonly HTMLElement[];
  private readonly own: HTMLTextAreaElement;
  private readonly ofOwn: HTMLElement;
  private readonly ofShakespeare: HTMLElement;
  private readonly note = h('p', { class: 'hint', role: 'status' });

  constructor(
    run: string,
    private readonly complain: (error: unknown) => void,
  ) {
    const own = textField(`${run}-own-text`, 'Own text', 4);
    const ownFile = fileField(`${run}-own-file`, 'or a text file', '.txt,text/plain');
    const file = fileField(`${run}-shakespeare-file`, 'A file that holds it', '.txt,text/plain');
    const fetchIt = h('button', { type: 'button' }, 'Download tiny Shakespeare (1.1 MB)');
    this.own = own.control;
    this.ofOwn = h('div', { class: 'wide' }, own.element, ownFile.element);
    this.ofShakespeare = h('div', { class: 'wide' }, fetchIt, file.element, this.note);
    this.elements = [this.ofOwn, this.ofShakespeare];
    fetchIt.addEventListener('click', () =>
      this.attempt(async () => {
        this.note.textContent = 'Downloading from raw.githubusercontent.com …';
        await downloadShakespeare().finally(() => {
          this.note.textContent = '';
        });
        this.note.textContent = 'Shakespeare is here, and its hash is right.';
      }),
    );
    onFile(file.control, (chosen) =>
      this.attempt(async () => {
        await readShakespeare(chosen);
        this.note.textContent = `“${chosen.name}” is taken.`;
      }),
    );
    onFile(ownFile.control, (chosen) =>
      this.attempt(async () => {
        this.own.value = await readText(chosen);
      }),
    );
  }

  show(task: Settings['task']): void {
    this.ofOwn.hidden = task !== 'own-text';
    this.ofShakespeare.hidden = task !== 'shakespeare';
  }

  /** @throws If the text is not there yet. */
  of(task: Settings['task']): string {
    return textOf(task, this.own.value);
  }

  get ownText(): string {
    return this.own.value;
  }

  set ownText(text: string) {
    this.own.value = text;
  }

  private attempt(action: () => Promise<void>): void {
    action().catch(this.complain);
  }
}

/** The file can be chosen again afterwards, also the same one. */
export function onFile(input: HTMLInputElement, take: (file: File) => void): void {
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) take(file);
    input.value = '';
  });
}
