import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnBackends } from '@evenkeel/testing';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { GPT, MODEL_MANIFEST, openModelFolder } from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-model-manifest-'));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...names: string[]) => join(root, ...names);

async function saved(name: string, seed = 1): Promise<string> {
  const config = { vocabSize: 11, contextLength: 6, layers: 1, heads: 1, width: 4 };
  const model = new GPT(
    { architecture: 'gpt2', ...config },
    { seed, published: { generation: { top_k: 3 } } },
  );
  await model.saveSafetensors(at(name));
  model.dispose();
  return at(name);
}

/** Loads a model, and says what went wrong. */
async function attempt(folder: string, options = {}): Promise<string> {
  try {
    (await GPT.load(folder, options)).dispose();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describeOnBackends('a model that was saved', () => {
  it('is known to be whole when it is read', async () => {
    const folder = await saved('whole');
    expect(readdirSync(folder).sort()).toEqual(
      ['config.json', 'generation_config.json', 'model.safetensors', MODEL_MANIFEST].sort(),
    );
    expect(await attempt(folder)).toBe('');
    await saved('whole', 2);
    expect(await attempt(folder)).toBe('');
  });

  it('is refused after any flipped bit, by the name of the file', async () => {
    const folder = await saved('flipped');
    const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), fc.nat(1e6), fc.nat(7), async (f, place, bit) => {
        const { name, bytes } = files[f];
        const damaged = Uint8Array.from(bytes);
        damaged[place % bytes.length] ^= 1 << bit;
        writeFileSync(join(folder, name), damaged);
        const message = await attempt(folder);
        writeFileSync(join(folder, name), bytes);
        // What is not in the names and numbers of the manifest changes nothing: the files are whole.
        if (name !== MODEL_MANIFEST)
          expect(message).toMatch(new RegExp(`^GPT.load: '${name}' has .*as in the manifest`));
      }),
      { numRuns: 120 },
    );
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'a file is gone',
      (folder) => rmSync(join(folder, 'generation_config.json')),
      /generation_config.json' is not there/,
    ],
    [
      'it is cut off',
      (folder) => truncateSync(join(folder, 'model.safetensors'), 300),
      /has 300 bytes, expected \d+/,
    ],
    [
      'its weights are of another model',
      (folder) => cpSync(at('other', 'model.safetensors'), join(folder, 'model.safetensors')),
      /has the SHA-256 .*if the change was meant, delete evenkeel-manifest.json beside it/,
    ],
    [
      'the manifest is none',
      (folder) => writeFileSync(join(folder, MODEL_MANIFEST), '{'),
      /manifest.json' is no JSON/,
    ],
  ])('is refused where %s', async (name, damage, message) => {
    await saved('other', 2);
    const folder = await saved(name);
    damage(folder);
    expect(await attempt(folder)).toMatch(message);
  });

  it('is read as before where nobody wants to know, and where another program wrote it', async () => {
    const folder = await saved('changed');
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    expect(await attempt(folder)).toContain("'config.json' has");
    expect(await attempt(folder, { verify: false })).toBe('');
    rmSync(join(folder, MODEL_MANIFEST));
    expect(await attempt(folder)).toBe('');
    expect(await (await openModelFolder(folder)).text('config.json')).toBe(JSON.stringify(config));
  });
});
