import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';

// A busy machine takes three times as long as a free one.
vi.setConfig({ testTimeout: 240_000 });

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an example as `npm run example -- NAME` does, after its setup. */
async function example(name: string, ...options: string[]): Promise<string> {
  const main = `examples/${name}/src/main.ts`;
  const flags = ['--conditions=@evenkeel/source', '--import', 'tsx', main, ...options];
  const env = { ...process.env, HF_TOKEN: '' };
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: root, encoding: 'utf8', env });
  return stdout;
}

/** Runs one in smoke size. @returns What it printed, and a reader of its files. */
async function smoke(name: string, ...options: string[]) {
  const out = join(folder, name);
  const printed = await example(name, '--smoke', '--out', out, ...options);
  const json = (file: string) => JSON.parse(readFileSync(join(out, file), 'utf8'));
  return { out, printed, json, text: (file: string) => readFileSync(join(out, file), 'utf8') };
}

const isPlot = /^<svg[^>]*xmlns[\s\S]*<path[\s\S]*<\/svg>$/;

describe('every example runs, in smoke size', () => {
  it('each has a README with a picture, its command, and a help', async () => {
    const names = readdirSync(join(root, 'examples')).filter((name) =>
      existsSync(join(root, `examples/${name}/src/main.ts`)),
    );
    expect(names).toEqual(expect.arrayContaining(['minimal', 'tf-layers', 'grokking', 'llama-alpaca']));
    for (const name of names) {
      const readme = readFileSync(join(root, `examples/${name}/README.md`), 'utf8');
      expect(readme, name).toMatch(name === 'grokking' ? /npm start/ : `npm run example -- ${name}`);
      const picture = /!\[[^\]]{20,}\]\(([\w./-]+\.(?:svg|png))\)/.exec(readme)?.[1];
      expect(picture, `${name}: a picture with a description`).toBeDefined();
      expect(existsSync(join(root, `examples/${name}/${picture}`)), `${name}/${picture}`).toBe(true);
    }
  });

  it('minimal', async () => {
    const { json, text, printed } = await smoke('minimal');
    const { losses, said } = json('losses.json');
    expect(losses).toHaveLength(60);
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.5);
    expect(said).toHaveLength('A ship'.length + 120);
    expect(text('losses.svg')).toMatch(isPlot);
    expect(printed).toMatch(/step 60: loss \d\.\d{3}/);
  });

  it('tf-layers', async () => {
    const { json, text, printed } = await smoke('tf-layers');
    const { results } = json('results.json');
    expect(results.map(({ name }: { name: string }) => name)).toEqual([
      'before',
      'orthograd',
      'grokadamw',
      'muon+cap',
    ]);
    for (const { name, history, lipschitz } of results) {
      expect(history, name).toHaveLength(40);
      expect(history.at(-1).seen, name).toBeGreaterThan(2 * history[0].seen);
      expect(printed).toContain(name);
      // Three layers, RMS to RMS each capped at 3.
      if (name === 'muon+cap') expect(lipschitz).toBeLessThanOrEqual(3 ** 3 * 1.03);
    }
    expect(text('accuracy.svg')).toMatch(isPlot);
  });

  it('grokking', async () => {
    const { printed, text } = await smoke('grokking', '--recipe', 'orthograd');
    expect(printed).toContain('a + b mod 7');
    const lines = text('published/orthograd/metrics.jsonl').trim().split('\n');
    const [first, last] = [lines[0], lines.at(-1)!].map((line) => JSON.parse(line).trainLoss);
    expect(lines).toHaveLength(61);
    expect(last).toBeLessThan(0.9 * first);
    expect(text('report.html')).toContain('<svg');
  });

  it('lipschitz-mlp', async () => {
    const { json, text } = await smoke('lipschitz-mlp');
    const results = json('results.json');
    expect(results).toHaveLength(2);
    for (const { level, norms, accuracy } of results) {
      expect(accuracy).toBeGreaterThan(0.3);
      for (const norm of norms) expect(norm).toBeLessThanOrEqual(level * 1.01);
    }
    expect(text('report.html')).toContain('<svg');
  });

  it('shakespeare', async () => {
    const { json, text } = await smoke('shakespeare');
    const { training, validation } = json('losses.json');
    expect(training).toHaveLength(60);
    expect(training.at(-1).loss).toBeLessThan(training[0].loss - 0.5);
    expect(validation).toHaveLength(2);
    expect(text('losses.svg')).toMatch(isPlot);
  });

  it('mode-connectivity', async () => {
    const { json, text, printed } = await smoke('mode-connectivity');
    const { results } = json('results.json');
    expect(results.map(({ fromStep }: { fromStep: number }) => fromStep)).toEqual([0, 15]);
    for (const { values, distance, fromStep } of results) {
      expect(values.test.error).toHaveLength(21);
      expect(values.train.error[0]).toBeLessThan(0.6); // chance: 0.9
      expect(distance).toBeGreaterThan(0);
      expect(printed).toMatch(new RegExp(`^ +${fromStep} +\\d`, 'm'));
    }
    expect(results[1].distance).toBeLessThan(results[0].distance);
    expect(text('paths.svg')).toMatch(isPlot);
    expect(text('barriers.svg')).toContain('<svg');
  });

  it('finetune-gpt2: what it saves can be trained further, a damaged file is named', async () => {
    const { out, printed, text } = await smoke('finetune-gpt2');
    const losses = lossesOf(text('metrics.jsonl'));
    expect(losses.at(-1)).toBeLessThan(losses[0] - 1);
    expect(printed).toMatch(/before: A ship[\s\S]*after: {2}A ship[\s\S]*40 steps \(steps\)/);
    expect(text('losses.svg')).toMatch(isPlot);

    const model = join(out, 'model');
    const again = [
      '--model',
      model,
      '--text',
      'examples/common/poem.txt',
      '--context-length',
      '32',
      '--out',
      join(folder, 'again'),
    ];
    await example(
      'finetune-gpt2',
      ...again,
      '--steps',
      '2',
      '--accumulate',
      '1',
      '--blocks',
      '1',
      '--no-stablemax',
    );
    const [first] = lossesOf(readFileSync(join(folder, 'again', 'metrics.jsonl'), 'utf8'));
    expect(first).toBeLessThan(losses[0]); // it goes on from there

    truncateSync(join(model, 'model.safetensors'), 5000);
    await expect(example('finetune-gpt2', ...again)).rejects.toMatchObject({
      stderr: expect.stringMatching(/^openSafetensors|^GPT\.load: /m),
    });
  });

  it('llama-alpaca: from a hub with a token, in parts, BF16; and goes on where it stopped', async () => {
    const { out, printed, text, json } = await smoke('llama-alpaca');
    const losses = lossesOf(text('metrics.jsonl'));
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan(losses[0] - 1);
    expect(printed).toContain('11 rows of at most 320 tokens to learn, 1 to validate');
    const { model_type, rope_scaling } = json('model/config.json');
    expect([model_type, rope_scaling.rope_type]).toEqual(['llama', 'llama3']);
    expect(readdirSync(join(out, 'checkpoints'))).toContain('step-00000040');
    expect(text('losses.svg')).toMatch(isPlot);

    const data = join(out, 'tiny/instructions.json');
    const here = ['--model', join(out, 'model'), '--data', data, '--context-length', '320'];
    const more = await example(
      'llama-alpaca',
      ...here,
      '--out',
      out,
      ...['--resume', '--full', '--steps', '42', '--accumulate', '1'],
    );
    expect(more).toContain('42 steps (steps)');

    // Adapters in the place of the model, which stays in its files; rows that several instructions share.
    const adapted = join(folder, 'llama-adapted');
    const lora = [
      '--lora',
      '4',
      '--packing',
      '--learning-rate',
      '0.05',
      '--save-every',
      '3',
      '--out',
      adapted,
    ];
    const said = await example('llama-alpaca', ...here, ...lora, '--steps', '3', '--accumulate', '2');
    expect(said).toMatch(/4,096 of 27,296 numbers learn[\s\S]*Saved: .*adapter/);
    const on = await example(
      'llama-alpaca',
      ...here,
      ...lora,
      '--steps',
      '6',
      '--accumulate',
      '2',
      '--resume',
    );
    expect(on).toContain('6 steps (steps)');
    expect(readdirSync(join(adapted, 'adapter'))).toEqual(
      expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'tokenizer.json']),
    );
  });

  it('says what to do when something is missing', async () => {
    const failing = (...[name, ...options]: [string, ...string[]]) =>
      example(name, ...options).then(
        () => 'nothing failed',
        ({ stderr }) => stderr as string,
      );
    expect(await failing('finetune-gpt2')).toContain('--text is missing, expected a file to learn from');
    expect(await failing('mode-connectivity', '--from', '0,50', '--steps', '20')).toContain(
      'expected at most --steps',
    );
    const data = join(folder, 'llama-alpaca/tiny/instructions.json');
    expect(await failing('llama-alpaca', '--data', data, '--model', '/nowhere')).toContain(
      "GPT.load: '/nowhere' is not a directory, expected one with config.json and model.safetensors",
    );
    expect(await failing('llama-alpaca', '--data', 'README.md')).toContain('is no JSON');
  });
});

const lossesOf = (metrics: string): number[] =>
  metrics
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => 'loss' in record)
    .map(({ loss }) => loss);
