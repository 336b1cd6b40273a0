import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Run, textOf } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.errors.splice(0)).toEqual([]));

const lines = (runs: Run[]) => Promise.all(runs.map(({ card }) => textOf(card.locator('.settings .line'))));

it('opens the same two runs from a copied link', async () => {
  const page = await lab.page('plain', { permissions: ['clipboard-read', 'clipboard-write'] });
  const runs = [new Run(page, 'A'), new Run(page, 'B')];
  await runs[0].choose({ Task: 'modularArithmetic', Model: 'mlp', 'Modulus p': '7', 'Steps in all': '3' });
  await runs[1].choose({
    Optimizer: 'grokadamw',
    Constraint: 'hammer',
    'Learning rate': '0.0125',
    Seed: '42',
  });
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('The link is copied.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(page.url());
  const chosen = await lines(runs);
  expect(chosen).toEqual([
    'MLP 64 · a + b mod 7 · AdamW 0.003 · 3 steps',
    'Lipschitz GPT 1 × 32 · Ecclesiastes · GrokAdamW 0.0125 · Hammer 1 · 1000 steps',
  ]);

  const other = await lab.page();
  await other.goto(link);
  const opened = [new Run(other, 'A'), new Run(other, 'B')];
  expect(await lines(opened)).toEqual(chosen);
  expect(await opened[1].card.getByLabel('Seed').inputValue()).toBe('42');
  expect(await other.locator('#link-alarm').isVisible()).toBe(false);
  await opened[0].press('Start');
  await opened[0].reaches('ended');
  expect(await opened[0].step()).toBe(3);
  for (const each of [page, other]) await each.context().close();
});

it('says what it does not take from a link, and runs nothing in it', async () => {
  const page = await lab.page();
  const evil = encodeURIComponent('<img src=x onerror=document.title=1>');
  await page.goto(`${lab.url}?a.model=${evil}&a.steps=1e99&b.seed=3&b.task=own-text`);
  const alarm = page.locator('#link-alarm');
  const words = await textOf(alarm);
  expect(words).toContain(
    '“a.model” is “<img src=x onerror=document.title=1>”; it can be lipschitz, gpt2, llama, mlp.',
  );
  expect(words).toContain('“a.steps” is “1e99”; it must be a whole number from 1 to 1000000. It stays 1000.');
  expect(words).toContain('A link does not hold a text of one’s own');
  expect(await alarm.locator('*').count()).toBe(0);
  expect(await page.title()).toBe('Evenkeel lab');
  expect(await new Run(page, 'B').card.getByLabel('Seed').inputValue()).toBe('3');
  await page.context().close();
});
