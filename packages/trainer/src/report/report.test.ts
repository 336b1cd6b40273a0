import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '@evenkeel/loop';
import { metricsFile, samples } from '@evenkeel/loop/node';
import { sgd, TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunParts } from '../build-run.js';
import { parseRunConfig } from '../config/schema.js';
import { runFileText } from '../folder/run-file.js';
import { Mlp } from '../parts/mlp.js';
import { writeReport } from './report.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-report-'));
const path = join(root, 'report.html');
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(root, { recursive: true }));

/** One weight that learns to double its input. */
async function learned(
  options: Pick<Parameters<typeof train>[0], 'steps' | 'evaluate' | 'callbacks'>,
  learningRate: number,
) {
  const w = tf.variable(tf.scalar(0.5), true, 'linear/w');
  const data = [{ inputs: tf.tensor1d([1, 2]), targets: tf.tensor1d([2, 4]) }];
  await train({
    model: { variables: [w], forward: (x: tf.Tensor) => tf.mul(x, w) },
    loss: tf.losses.meanSquaredError,
    optimizer: new TransformOptimizer(sgd({ learningRate })),
    data,
    ...options,
  });
  tf.dispose([w, data as never]);
}

const EVIL = '</pre><script>alert(1)</script><img src=x onerror=alert(2)>';

/** Writes the `run.json` of a run with this learning rate, and gives its name. */
function described(folder: string, learningRate: number): string {
  const config = parseRunConfig({
    data: { kind: 'text', text: EVIL },
    optimizer: { name: 'sgd', learningRate },
  });
  const model = new Mlp({ widths: [1, 1], activation: 'relu', bias: false, seed: 0 });
  const text = runFileText({ config, model, data: {} } as RunParts, {
    backend: { backend: 'cpu', kernels: false },
  });
  model.dispose();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), text);
  return createHash('sha256').update(text).digest('hex');
}

async function run(name: string, learningRate: number): Promise<string> {
  const folder = join(root, name);
  const file = join(folder, 'metrics.jsonl');
  await learned(
    {
      steps: 40,
      evaluate: { run: () => ({ validationLoss: 0.5, [EVIL]: 1 }), every: 20 },
      callbacks: [
        metricsFile({ path: file, run: described(folder, learningRate) }),
        samples({ path: file, every: 20, write: ({ step }) => `${step}: ${EVIL}` }),
      ],
    },
    learningRate,
  );
  return folder;
}

describe('writeReport', () => {
  it('shows runs side by side: plots, numbers, configs, samples', async () => {
    await writeReport({
      path,
      runs: [await run('slow', 0.01), await run('fast', 0.3)],
      title: 'Two <b>rates</b>',
    });
    const html = readFileSync(path, 'utf8');
    const { document } = parseHTML(html);
    const titles = [...document.querySelectorAll('h3')].map(({ textContent }) => textContent);
    expect(titles.slice(0, 4)).toEqual([
      'Loss',
      'Learning rate',
      'Norm of the gradient',
      'Update over weight',
    ]);
    expect(document.querySelector('h1')!.textContent).toBe('Two <b>rates</b>');
    const loss = document.querySelector('figure svg')!;
    expect(
      loss.querySelectorAll('path[stroke="#0072b2"], path[stroke="#d55e00"]').length,
    ).toBeGreaterThanOrEqual(4);
    expect([...document.querySelectorAll('th')].map(({ textContent }) => textContent)).toEqual([
      '',
      'slow',
      'fast',
    ]);
    expect(html).toContain('&quot;learningRate&quot;: 0.3');
    expect(html).toContain('&quot;backend&quot;: &quot;cpu&quot;');
    expect(html).toContain('<h4>Step 40</h4>');
  });

  it('shows no config that is of another run than the metrics', async () => {
    const folder = await run('mixed', 0.2);
    described(folder, 0.1);
    await writeReport({ path: join(root, 'mixed.html'), runs: [folder] });
    expect(readFileSync(join(root, 'mixed.html'), 'utf8')).not.toContain('learningRate&quot;');
  });

  it('stands alone and runs nothing, whatever the files hold', () => {
    const html = readFileSync(path, 'utf8');
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('script, img, link, iframe').length).toBe(0);
    expect(html).not.toMatch(/@import|url\(/);
    const attributes = [...document.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes].map(({ name }) => name),
    );
    expect(attributes.filter((name) => /^(src|href|on.*)$/.test(name))).toEqual([]);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('draws numbers that cannot be drawn as gaps, and long runs in reasonable size', async () => {
    const folder = join(root, 'odd');
    mkdirSync(folder);
    const line = (step: number) =>
      JSON.stringify({ step, seconds: step, loss: step % 7 ? 1 / step : 'NaN', zero: 0 });
    const lines = Array.from({ length: 20_000 }, (_, i) => line(i + 1));
    writeFileSync(join(folder, 'metrics.jsonl'), lines.join('\n'));
    await writeReport({ path, runs: [folder, folder] });
    const html = readFileSync(path, 'utf8');
    expect(html.length).toBeLessThan(300_000);
    expect(html).not.toMatch(/d="[^"]*NaN/);
    expect(html).toContain('odd (2)');
  });

  it('says what is missing', async () => {
    await expect(writeReport({ path, runs: [] })).rejects.toThrow('writeReport: no run came');
    await expect(writeReport({ path, runs: [root] })).rejects.toThrow("metrics.jsonl' is not there");
    const empty = join(root, 'empty.jsonl');
    writeFileSync(empty, '');
    await expect(writeReport({ path, runs: [empty] })).rejects.toThrow('holds no record');
  });
});
