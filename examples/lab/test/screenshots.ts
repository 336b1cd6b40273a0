import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { Run } from './lab-page.js';
import { openLab } from './open-lab.js';

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

// `npm run screenshots`: the pictures of the README, of runs that were really made.
describe('pictures of the lab', () => {
  it.each([
    { name: 'light', colorScheme: 'light', width: 1240, height: 1000 },
    { name: 'narrow-dark', colorScheme: 'dark', width: 390, height: 844 },
  ] as const)(
    '$name',
    async ({ name, colorScheme, width, height }) => {
      mkdirSync(folder, { recursive: true });
      const lab = await openLab();
      const page = await lab.page('plain', { colorScheme, viewport: { width, height } });
      const runs = [new Run(page, 'A'), new Run(page, 'B')];
      for (const run of runs) await run.choose({ 'Steps in all': '400' });
      await page.getByRole('button', { name: 'Start both' }).click();
      for (const run of runs) await run.reaches('ended', 240_000);
      await page.getByRole('img', { name: /^Loss\. .* at step 400/ }).waitFor();
      const shoot = async (part: string) => page.screenshot({ path: `${folder}${name}${part}.png` });
      await shoot('');
      await page.locator('#charts').scrollIntoViewIfNeeded();
      await page.evaluate(() => document.querySelector('#charts')!.scrollIntoView());
      await page.waitForTimeout(300);
      await shoot('-charts');
      await page.context().close();
      await lab.close();
    },
    300_000,
  );
});
