/** The parts of the page that its server writes anew. */
const PARTS = ['tables', 'charts', 'details'];
const EVERY_MS = 2000;
/** Answers that may fail in a row before the run is taken for gone. */
const PATIENCE = 3;

/** Asks for the page again and again while the run goes on, and takes over what is new. */
export function followRun(takeOver: (page: Document) => void): void {
  let failures = 0;
  const ask = async () => {
    const ended = await fetchPage()
      .then((page) => {
        failures = 0;
        for (const id of PARTS) replace(id, page);
        takeOver(page);
        const words = page.getElementById('status')?.textContent ?? '';
        say(words);
        return page.documentElement.dataset.live === 'ended';
      })
      .catch(() => {
        failures++;
        if (failures < PATIENCE) return false;
        say('The run does not answer any more: it has ended, or was stopped. This is what it last said.');
        return true;
      });
    if (!ended) setTimeout(ask, EVERY_MS);
  };
  setTimeout(ask, EVERY_MS);
}

async function fetchPage(): Promise<Document> {
  const response = await fetch(location.href, { cache: 'no-store' });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

/** What is open stays open, and what has the focus keeps it. */
function replace(id: string, page: Document): void {
  const [old, next] = [document.getElementById(id), page.getElementById(id)];
  if (!old || !next) return;
  for (const details of old.querySelectorAll('details')) {
    const same = next.querySelector(`details[id="${details.id}"]`);
    same?.toggleAttribute('open', details.open);
  }
  const focused = old.contains(document.activeElement) ? pathTo(document.activeElement!) : undefined;
  old.replaceChildren(...next.childNodes);
  // What the script adds, such as switches, is there once it has run over the new page.
  if (focused) queueMicrotask(() => document.querySelector<HTMLElement>(focused)?.focus());
}

function pathTo(element: Element): string | undefined {
  if (element.id) return `#${element.id}`;
  const figure = element.closest('figure, details');
  return figure?.id ? `#${figure.id} > ${element.tagName.toLowerCase()}` : undefined;
}

const say = (words: string): void => {
  const status = document.getElementById('status');
  if (status && status.textContent !== words) status.textContent = words;
};
