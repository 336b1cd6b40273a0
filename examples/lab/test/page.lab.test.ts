import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ARITHMETIC, Run, textOf } from './lab-page.js';
import { openLab } from './open-lab.js';

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.errors.splice(0)).toEqual([]));

/** In the worker of a run, once it has a model: makes a weight no number, as a step that is far too large does. */
async function spoilWeights(): Promise<void> {
  const weights = () =>
    Object.values((globalThis as never as { _tfengine?: Engine })._tfengine?.registeredVariables ?? {});
  while (weights().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const [weight] = weights();
  weight.assign(weight.mul(Number.NaN));
}
type Engine = {
  registeredVariables: Record<string, { assign(value: unknown): void; mul(by: number): unknown }>;
};

describe('what goes wrong', () => {
  it('says that WebGPU is missing, and trains on WASM then', async () => {
    const browser = await lab.withoutWebgpu();
    const page = await browser.newPage();
    await page.goto(lab.url);
    const run = new Run(page);
    await run.choose({ ...ARITHMETIC, 'Steps in all': '2', 'Runs on': 'webgpu' });
    await run.press('Start');
    await run.reaches('failed');
    expect(await run.alarm()).toMatch(/^This browser has no WebGPU.* Choose WASM/);
    await run.card.getByRole('button', { name: 'Run on WASM' }).click();
    await run.press('Start');
    await run.reaches('ended');
    expect(await run.card.getByRole('alert').isVisible()).toBe(false);
    await browser.close();
  });

  it('says so in sentences, and keeps what is there', async () => {
    const page = await lab.page();
    const run = new Run(page);
    await run.choose({ ...ARITHMETIC, 'Steps in all': '10' });
    await run.press('Start');
    await run.reaches('ended');
    const { bytes } = await run.save();

    await run.load('cut.zip', bytes.slice(0, bytes.length / 2));
    expect(await run.alarm()).toContain('cannot be read as a zip');
    await run.load('words.zip', Buffer.from('no zip at all'));
    await expect.poll(() => run.alarm()).toContain('damaged, or no checkpoint');
    const flipped = Uint8Array.from(bytes);
    flipped[Buffer.from(bytes).indexOf('weights.safetensors') + 2000] ^= 1;
    await run.load('flipped.zip', flipped);
    await expect
      .poll(() => run.alarm())
      .toMatch(/The file is damaged: checkpoints\/step-00000010\/\w+\.safetensors/);
    expect(await run.step()).toBe(10);

    await run.press('Continue');
    expect(await run.alarm()).toContain('The run is at step 10 already.');
    await run.card.getByRole('button', { name: 'Go on to step 20' }).click();
    expect(await run.card.getByLabel('Steps in all').inputValue()).toBe('20');
    await run.choose({ 'Learning rate': '-1' });
    await run.press('Start');
    expect(await run.alarm()).toContain('“Learning rate” is “-1”; it must be a number from 0 to 10.');
    await run.card.getByRole('button', { name: 'Set it to 0.003' }).click();
    await run.press('Start');
    await run.reaches('ended');
    await run.choose({ Task: 'own-text', 'Own text': 'too short' });
    await run.press('Start');
    expect(await run.alarm()).toContain('An MLP cannot read text.');
    await run.card.getByRole('button', { name: 'Choose GPT-2' }).click();
    await run.press('Start');
    expect(await run.alarm()).toMatch(/The text has 9 characters; this model needs at least \d+/);
    await run.choose({ Task: 'shakespeare' });
    await run.press('Start');
    expect(await run.alarm()).toContain('Shakespeare is not here yet.');
    await page.route('**/tinyshakespeare/**', (route) => route.fulfill({ body: 'Not Shakespeare' }));
    await run.card.getByRole('button', { name: 'Download tiny Shakespeare' }).click();
    await expect.poll(() => run.alarm()).toContain('its hash differs');
    expect(await run.step()).toBe(20);
    await page.context().close();
  });

  it('stops when the loss leaves the rails, and when the worker breaks, with curves and checkpoint kept', async () => {
    const page = await lab.page();
    const run = new Run(page);
    await run.choose({ ...ARITHMETIC, 'Steps in all': '100000', 'Learning rate': '0.003' });
    await run.press('Start');
    await run.passes(4);
    const { name } = await run.save();
    await page.workers()[0].evaluate(
      () =>
        void setTimeout(() => {
          throw new Error('out of memory');
        }),
    );
    await run.reaches('failed');
    expect(await run.alarm()).toMatch(
      /^The worker of this run stopped \(.*out of memory\)\. The checkpoint of step \d+ is kept/,
    );
    expect((await run.save()).name).toBe(name);
    await run.press('Continue');
    await run.passes(Number(/step-(\d+)/.exec(name)![1]) + 2);
    await run.press('Stop');
    await run.reaches('ended');

    const worker = page.waitForEvent('worker');
    await run.press('Start');
    await (await worker).evaluate(spoilWeights);
    await run.reaches('failed');
    expect(await run.alarm()).toMatch(
      /^The run has diverged: its loss at step \d+ is not a number\. .* (The curves are|The checkpoint of step \d+ is) kept/,
    );
    await page.context().close();
  });

  it('says in every tile that a run has diverged, and its advice can be followed with a key', async () => {
    const page = await lab.page();
    const run = new Run(page);
    const wild = { 'Learning rate': '10', Constraint: 'decoupledWeightDecay', 'Weight decay': '10' };
    await run.choose({ Model: 'gpt2', ...wild, 'Steps in all': '12' });
    await run.press('Start');
    await run.reaches('failed');
    expect(await run.alarm()).toMatch(/^The run has diverged: its loss at step \d+ is not a number\./);
    const measured = run.card.locator('.summary dl > div').filter({ hasNotText: /Parameters|Runs on/ });
    const tiles = await measured.locator('dd').allTextContents();
    expect(tiles.length).toBe(7);
    for (const tile of tiles) expect(tile).toMatch(/^diverged.+ before step \d+$/);

    await run.card.getByRole('button', { name: 'Lower the learning rate to 0.003' }).focus();
    await page.keyboard.press('Enter');
    expect(await run.card.getByRole('alert').isVisible()).toBe(false);
    expect(await textOf(run.card.getByRole('status').last())).toContain('AdamW 0.003 · Weight decay 10');
    await page.keyboard.press('Enter'); // Start has the focus now
    await run.reaches('ended');
    for (const tile of await measured.locator('dd').allTextContents()) expect(tile).not.toContain('diverged');
    await page.context().close();
  });
});

describe('the page', () => {
  it.each([
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ])('shows charts while runs go on, at $width, and settings as a line', async (viewport) => {
    const page = await lab.page('plain', { viewport });
    const runs = [new Run(page, 'A'), new Run(page, 'B')];
    for (const run of runs) await run.choose({ ...ARITHMETIC, 'Steps in all': '100000' });
    await page.getByRole('button', { name: 'Start both' }).click();
    for (const run of runs) await run.passes(20);
    const loss = page.getByRole('img', { name: /^Loss\. / });
    await loss.waitFor();
    const box = (await loss.boundingBox())!;
    expect(box.y).toBeGreaterThan(0);
    expect(box.y + box.height).toBeLessThanOrEqual(viewport.height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    for (const run of runs) {
      expect(await run.card.getByLabel('Task').isVisible()).toBe(false);
      const line = run.card.locator('.settings > summary');
      expect(await textOf(line)).toMatch(/: MLP 64 · a \+ b mod 7 · \w+ [\d.]+ .*100000 steps$/);
      expect((await line.boundingBox())!.height).toBeLessThan(32);
      await expect.poll(() => textOf(run.card.locator('.pace'))).toMatch(/steps\/s.* left$/);
    }

    await runs[0].openSettings();
    expect(await runs[0].card.getByLabel('Task').isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Stop both' }).click();
    for (const run of runs) await run.reaches('ended');
    expect(await page.getByRole('button', { name: 'Start both' }).isVisible()).toBe(true);
    await page.context().close();
  });

  it('names every control, is used by keyboard, and fits narrow screens', async () => {
    const page = await lab.page('plain', { viewport: { width: 340, height: 700 }, colorScheme: 'dark' });
    const nameless = await page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLInputElement>(
          'button, input, select, textarea, summary, [role="img"], progress',
        ),
      ]
        .filter((control) => {
          const labels = [...(control.labels ?? [])].map(({ textContent }) => textContent?.trim());
          return ![control.getAttribute('aria-label'), ...labels, control.textContent?.trim()].some(Boolean);
        })
        .map(({ outerHTML }) => outerHTML),
    );
    expect(nameless).toEqual([]);
    const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(340);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);

    await new Run(page).choose({ ...ARITHMETIC, 'Steps in all': '3' });
    await page.keyboard.press('Tab'); // from the field that was filled last
    for (let i = 0; i < 40; i++) {
      const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      if (label === 'Start run A') break;
      await page.keyboard.press('Tab');
    }
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).toBe('Stop run A');
    await new Run(page).reaches('ended');
    expect(await focused()).toBe('Start run A');
    expect(await page.getByRole('status').allInnerTexts()).toContain('Done: 3 steps.');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(340);
    await page.context().close();
  });

  it.each([1280, 390])('does not jump while it loads, at %i', async (width) => {
    const page = await lab.page('plain', { viewport: { width, height: 800 } });
    await page.route('**/*.js', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300)); // the page is painted without its program first
      await route.continue();
    });
    await page.reload();
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let total = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) total += (entry as never as { value: number }).value;
          }).observe({ type: 'layout-shift', buffered: true });
          requestAnimationFrame(() => setTimeout(() => resolve(total), 300));
        }),
    );
    expect(shift).toBeLessThan(0.05);
    await page.context().close();
  });

  it('is light or dark before its program runs', async () => {
    const paper = async (colorScheme: 'light' | 'dark') => {
      const page = await lab.page('plain', { colorScheme, javaScriptEnabled: false });
      const color = await page
        .locator('body')
        .evaluate((body) => getComputedStyle(body).backgroundColor)
        .catch(() => '');
      await page.context().close();
      return color;
    };
    expect([await paper('light'), await paper('dark')]).toEqual(['rgb(246, 244, 238)', 'rgb(17, 24, 31)']);
  });
});
