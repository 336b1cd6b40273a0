import { readFile } from 'node:fs/promises';
import type { Download, Locator, Page } from 'playwright';
import { expect } from 'vitest';

export type Chosen = Readonly<Record<string, string>>;

/** Few operations and little arithmetic: for graphics cards that are emulated. */
export const ARITHMETIC: Chosen = { Task: 'modularArithmetic', Model: 'mlp', 'Modulus p': '7' };

/** A run's card, as a person uses it. */
export class Run {
  readonly card: Locator;

  constructor(
    private readonly page: Page,
    private readonly name: 'A' | 'B' = 'A',
  ) {
    this.card = page.getByRole('article', { name: `Run ${name}` }).first();
  }

  /** Opens the settings if they are folded. */
  async openSettings(): Promise<void> {
    const settings = this.card.locator('.settings');
    if ((await settings.getAttribute('open')) === null) await settings.locator('summary').first().click();
  }

  async choose(chosen: Chosen): Promise<void> {
    await this.openSettings();
    for (const [label, value] of Object.entries(chosen)) {
      const control = this.card.getByLabel(label, { exact: true });
      const isSelect = await control.evaluate(({ tagName }) => tagName === 'SELECT');
      await (isSelect ? control.selectOption(value) : control.fill(value));
    }
  }

  press(words: string): Promise<void> {
    return this.card.getByRole('button', { name: `${words} run ${this.name}` }).click();
  }

  /** Waits until it is `state`; fails at once with the card's own words if it has failed. */
  async reaches(state: string, timeout = 90_000): Promise<void> {
    const states = state === 'failed' ? [state] : [state, 'failed'];
    const selector = states.map((name) => `.run-${this.name.toLowerCase()}[data-state="${name}"]`).join(',');
    await this.page.locator(selector).waitFor({ timeout });
    const came = await this.card.getAttribute('data-state');
    expect(came, came === 'failed' ? await this.alarm() : '').toBe(state);
  }

  async step(): Promise<number> {
    return Number(/step (\d+)/.exec(await textOf(this.card.locator('.step')))![1]);
  }

  async passes(step: number): Promise<void> {
    await expect.poll(() => this.step(), { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(step);
  }

  /** The sentence on what went wrong. */
  async alarm(): Promise<string> {
    const message = this.card.getByRole('alert');
    await message.waitFor();
    return textOf(message);
  }

  /** Saves a checkpoint. */
  async save(): Promise<{ name: string; bytes: Uint8Array }> {
    const download = this.page.waitForEvent('download');
    await this.press('Save checkpoint');
    return fileOf(await download);
  }

  load(name: string, bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes);
    return this.card
      .getByLabel('Load a checkpoint')
      .setInputFiles({ name, mimeType: 'application/zip', buffer });
  }
}

export const textOf = async (place: Locator): Promise<string> => (await place.textContent()) ?? '';

/** The rows of the exported CSV. */
export async function exportedCsv(page: Page): Promise<Record<string, string>[]> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const { bytes } = await fileOf(await download);
  const [head, ...lines] = new TextDecoder().decode(bytes).trim().split('\n');
  const columns = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value])));
}

export async function fileOf(download: Download): Promise<{ name: string; bytes: Uint8Array }> {
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}
