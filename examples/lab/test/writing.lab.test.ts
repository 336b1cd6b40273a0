import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ARITHMETIC, Run, textOf } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.errors.splice(0)).toEqual([]));

it('makes the model write while it trains and afterwards, the same without chance, and stops', async () => {
  const page = await lab.page('isolated');
  const run = new Run(page);
  const box = page.locator('.writing').first();
  const write = box.getByRole('button', { name: 'Write: run A' });
  const written = () => textOf(box.locator('pre'));
  const says = (words: string | RegExp) => box.getByRole('status').filter({ hasText: words }).waitFor();
  expect(await box.isVisible()).toBe(false);
  await run.choose({ 'Steps in all': '100000' });
  await run.press('Start');
  await run.passes(5);
  await box.getByLabel('It goes on from').fill('vanity of ');
  await box.getByLabel('Temperature').fill('0');
  await box.locator('pre').evaluate((place) => {
    const lengths: number[] = [];
    new MutationObserver(() => lengths.push(place.textContent!.length)).observe(place, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(window, { lengths });
  });
  await write.click();
  await says(/^Written with the weights of step \d+\.$/);
  expect(await written()).toMatch(/^vanity of .{50,}/s);
  const lengths = await page.evaluate(() => (window as never as { lengths: number[] }).lengths);
  expect(new Set(lengths).size).toBeGreaterThan(20); // it comes token by token

  await write.click();
  await page.keyboard.press('Enter'); // Stop writing has the focus
  await says('Stopped.');
  expect(await write.evaluate((button) => button === document.activeElement)).toBe(true);

  await run.press('Stop');
  await run.reaches('ended');
  const texts: string[] = [];
  for (let i = 0; i < 2; i++) {
    await write.click();
    await says(`Written with the weights of step ${await run.step()}.`);
    texts.push(await written());
  }
  expect(texts[0]).toBe(texts[1]);

  await box.getByLabel('It goes on from').fill('snow☃');
  await write.click();
  await box.getByRole('alert').waitFor();
  expect(await textOf(box.getByRole('alert'))).toContain('☃');
  await box.getByLabel('It goes on from').fill('');
  await box.getByLabel('Temperature').fill('-1');
  await write.click();
  await expect.poll(() => textOf(box.getByRole('alert'))).toContain('must be a number from 0 to 5');

  const { bytes } = await run.save();
  const other = new Run(page, 'B');
  await other.load('a.zip', bytes);
  const second = page.locator('.writing').nth(1);
  await second.getByRole('button', { name: 'Write: run B' }).click();
  await second.getByRole('status').filter({ hasText: 'Written' }).waitFor();
  await page.context().close();
});

it('offers it only where there is text', async () => {
  const page = await lab.page();
  const run = new Run(page);
  await run.choose({ ...ARITHMETIC, 'Steps in all': '2' });
  await run.press('Start');
  await run.reaches('ended');
  expect(await page.locator('.writing').first().isVisible()).toBe(false);
  expect(await page.getByText('This task has no text').isVisible()).toBe(true);
  await page.context().close();
});
