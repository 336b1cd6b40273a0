import { afterEach, beforeEach, expect, it } from 'vitest';
import { ARITHMETIC, Run } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
// One for each test: a report of a breach may come late.
beforeEach(async () => {
  lab = await openLab();
});
afterEach(() => lab?.close());

it.each(['plain', 'isolated'] as const)(
  'the policy holds on the %s server, and the lab keeps to it',
  async (server) => {
    const page = await lab.page(server);
    const run = new Run(page);
    await run.choose({ ...ARITHMETIC, 'Steps in all': '4' });
    await run.press('Start');
    await run.reaches('ended');
    expect(lab.errors).toEqual([]);

    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      document.body.append(script);
    });
    expect(await page.evaluate(() => 'wasRun' in window)).toBe(false);
    await expect.poll(() => lab.errors.splice(0).join()).toMatch(/inline script.*Content Security Policy/);
    await page.context().close();
  },
);

it('the policy holds in workers too, where the server sends it', async () => {
  const page = await lab.page('isolated');
  const worker = page.waitForEvent('worker');
  const run = new Run(page);
  await run.choose({ ...ARITHMETIC, 'Steps in all': '100000' });
  await run.press('Start');
  await run.passes(1);
  expect(lab.errors).toEqual([]);
  const answer = await (await worker).evaluate(
    () =>
      new Promise((resolve) =>
        setTimeout(() => {
          try {
            resolve(new Function('return 1')());
          } catch (error) {
            resolve((error as Error).name);
          }
        }),
      ),
  );
  expect(answer).toBe('EvalError');
  await expect.poll(() => lab.errors.splice(0).join()).toContain('"blocked-uri":"eval"');
  await page.context().close();
});
