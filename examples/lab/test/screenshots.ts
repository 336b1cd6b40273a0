import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Run } from './lab-page.js';
import { openLab } from './open-lab.js';

const all = fileURLToPath(new URL('../../../runs/lab-screenshots/', import.meta.url));
const kept = fileURLToPath(new URL('../screenshots/', import.meta.url));
/** Those that the README shows. */
const KEPT = ['running-wide-light', 'running-narrow-dark', 'diverged-narrow-light', 'diverged-wide-dark'];

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  for (const folder of [all, kept]) mkdirSync(folder, { recursive: true });
});
afterAll(() => lab?.close());

// `npm run screenshots`: pictures of runs that were really made, all of them in runs/lab-screenshots.
describe('pictures of the lab', () => {
  const cases = [
    { place: 'wide', width: 1280, height: 900 },
    { place: 'narrow', width: 390, height: 844 },
  ].flatMap((size) => (['light', 'dark'] as const).map((colorScheme) => ({ ...size, colorScheme })));

  it.each(cases)(
    'at rest, running and diverged: $place, $colorScheme',
    async ({ place, colorScheme, width, height }) => {
      const page = await lab.page('plain', { colorScheme, viewport: { width, height } });
      const runs = [new Run(page, 'A'), new Run(page, 'B')];
      const shoot = (state: string) => picture(page, `${state}-${place}-${colorScheme}`);
      await shoot('rest');
      await page.getByRole('button', { name: 'Start both' }).click();
      for (const run of runs) await run.passes(250);
      await shoot('running');
      await page.getByRole('button', { name: 'Stop both' }).click();
      for (const run of runs) await run.reaches('ended');
      // It really diverges, at step 72.
      await runs[0].choose({ 'Learning rate': '10' });
      await page.getByRole('button', { name: 'Start both' }).click();
      await runs[0].reaches('failed');
      await shoot('diverged');
      await page.context().close();
    },
  );
});

async function picture(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(300); // charts are drawn a few times a second
  await page.screenshot({ path: `${all}${name}.png` });
  if (KEPT.includes(name)) copyFileSync(`${all}${name}.png`, `${kept}${name}.png`);
}
