import { setText } from './dom.js';
import { linkTo, readLink } from './link.js';
import type { RunPanel } from './run-panel.js';

/** Sets both runs up as the page's address asks, and says in sentences what could not be. */
export function openLink([a, b]: readonly RunPanel[], alarm: HTMLElement): void {
  const before = { a: a.form.settings, b: b.form.settings };
  const { settings, complaints } = readLink(location.search, before);
  [a.form.settings, b.form.settings] = [settings.a, settings.b];
  const isOwnText = location.search !== '' && [a, b].some(({ form }) => form.settings.task === 'own-text');
  const all = [
    ...complaints,
    ...(isOwnText
      ? ['A link does not hold a text of one’s own: give it to the run that learns from it.']
      : []),
  ];
  alarm.hidden = all.length === 0;
  setText(alarm, all.length === 0 ? '' : ['Not all of the link could be followed.', ...all].join('\n'));
}

/** Puts a link to both runs into the address bar, and where the browser allows it on the clipboard. @throws If a setting is wrong. */
export async function copyLink([a, b]: readonly RunPanel[], status: HTMLElement): Promise<void> {
  a.form.check();
  b.form.check();
  const link = linkTo(location.href, { a: a.form.settings, b: b.form.settings });
  history.replaceState(null, '', link);
  const isCopied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  );
  setText(status, isCopied ? 'The link is copied.' : 'The link is in the address bar: copy it there.');
}
