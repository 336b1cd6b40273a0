import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '@evenkeel/loop';
import { metricsFile, samples } from '@evenkeel/loop/node';
import { sgd, TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleRuns } from '../../test/example-runs.js';
import type { RunParts } from '../build-run.js';
import { parseRunConfig } from '../config/schema.js';
import { runFileText } from '../folder/run-file.js';
import { Mlp } from '../parts/mlp.js';
import { writeReport } from './report.js';
import { reportHtml } from './report-html.js';

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

const EVIL = '</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>"\'';

/** Writes the `run.json` of a run with this learning rate, and gives its name. */
function described(folder: string, learningRate: number): string {
  const config = parseRunConfig({
    data: { kind: 'text', text: `${EVIL} at ${learningRate}` },
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
        samples({ path: file, every: 10, write: ({ step }) => (step % 20 ? '' : `${step}: ${EVIL}`) }),
      ],
    },
    learningRate,
  );
  return folder;
}

const textsOf = (document: Document, selector: string): string[] =>
  [...document.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');

describe('writeReport', () => {
  it('shows runs side by side: a row and a colour each, what sets them apart, charts, configs, samples', async () => {
    await writeReport({
      path,
      runs: [await run('slow', 0.01), await run('fast', 0.3)],
      title: 'Two <b>rates</b>',
    });
    const html = readFileSync(path, 'utf8');
    const { document } = parseHTML(html);
    expect(textsOf(document, 'figure h3').slice(0, 5)).toEqual([
      'Loss',
      'Learning rate',
      'Norm of the gradient',
      'Update over weight',
      'Speed',
    ]);
    expect(document.querySelector('h1')!.textContent).toBe('Two <b>rates</b>');
    for (const run of [0, 1]) {
      const lines = document.querySelectorAll(`#chart-0 svg .line.c${run}`);
      expect([...lines].map(({ classList }) => classList.contains('dash1'))).toEqual([false, true]);
    }
    expect(textsOf(document, 'thead th')).toEqual([
      'Run',
      'Settings that differ',
      'Steps',
      'Loss',
      'Validation loss',
      'Time',
    ]);
    expect(textsOf(document, 'tbody th')).toEqual(['slow', 'fast']);
    const [slow, fast] = textsOf(document, 'td.text');
    expect(slow).toMatch(/^data\.text .*… optimizer\.learningRate 0\.01$/);
    expect(fast).toContain('optimizer.learningRate 0.3');
    expect(fast).not.toContain('steps');
    expect(html).toContain('&quot;learningRate&quot;: 0.3');
    expect(html).toContain('&quot;backend&quot;: &quot;cpu&quot;');
    expect(textsOf(document, 'h4')).toEqual(['Step 20', 'Step 40', 'Step 20', 'Step 40']);
    expect([...document.querySelectorAll('details[open]')]).toEqual([]);
  });

  it('shows no config that is of another run than the metrics', async () => {
    const folder = await run('mixed', 0.2);
    described(folder, 0.1);
    await writeReport({ path: join(root, 'mixed.html'), runs: [folder] });
    expect(readFileSync(join(root, 'mixed.html'), 'utf8')).not.toContain('learningRate&quot;');
  });

  it('stands alone and runs its own script alone, whatever the files hold', () => {
    const html = readFileSync(path, 'utf8');
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('img, link, iframe, object, base, form').length).toBe(0);
    expect(html).not.toMatch(/@import|url\(/);
    const attributes = [...document.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes].map(({ name }) => name),
    );
    expect(attributes.filter((name) => /^(src|href|style|on.*)$/.test(name))).toEqual([]);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content')!;
    const allowed = (kind: string) => new RegExp(`${kind}-src '(sha256-[^']+)'(;|$)`).exec(policy)![1];
    const hashed = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
    const [data, script, ...others] = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)].map(
      ([, kind, text]) => ({ kind, text }),
    );
    expect(others).toEqual([]);
    expect(data.kind).toContain('application/json');
    expect(JSON.parse(data.text).names).toEqual(['slow', 'fast']);
    expect(hashed(script.text)).toBe(allowed('script'));
    expect(hashed(/<style>([\s\S]*?)<\/style>/.exec(html)![1])).toBe(allowed('style'));
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'none'");
  });

  it('says of numbers that cannot be drawn how many they are, and draws the others', async () => {
    const folder = join(root, 'odd');
    mkdirSync(folder);
    const line = (step: number) =>
      JSON.stringify({ step, seconds: step, loss: step % 7 ? 1 / step : 'NaN', zero: 0, none: 'Infinity' });
    const lines = Array.from({ length: 20_000 }, (_, i) => line(i + 1));
    writeFileSync(join(folder, 'metrics.jsonl'), lines.join('\n'));
    await writeReport({ path, runs: [folder, folder] });
    const html = readFileSync(path, 'utf8');
    expect(html).not.toMatch(/(d|cx|cy|y)="[^"]*(NaN|Infinity)/);
    expect(html).toContain('odd (2): 2857 of 20000 values of loss are no finite numbers, and not drawn.');
    expect(html).toContain('odd: none no number.');
  });

  it('says what is missing', async () => {
    await expect(writeReport({ path, runs: [] })).rejects.toThrow('writeReport: no run came');
    await expect(writeReport({ path, runs: [root] })).rejects.toThrow("metrics.jsonl' is not there");
    const empty = join(root, 'empty.jsonl');
    writeFileSync(empty, '');
    await expect(writeReport({ path, runs: [empty] })).rejects.toThrow('holds no record');
  });

  // The sizes that the README states.
  it.each([
    [1, 20_000, 300_000],
    [12, 20_000, 2_000_000],
  ])('is a file of reasonable size: %d runs of %d records', async (count, records, bytes) => {
    await writeReport({ path, runs: exampleRuns(count, records) });
    expect(statSync(path).size).toBeLessThan(bytes);
  });

  it('keeps its size where there are very many metrics', () => {
    const records = Array.from({ length: 2000 }, (_, i) => ({
      step: i + 1,
      seconds: i,
      ...Object.fromEntries(
        Array.from({ length: 400 }, (_, k) => [`spectralNorm/layer.${k}`, 1 + 1 / (i + k + 1)]),
      ),
    }));
    const run = { name: 'wide', run: undefined, systems: [], samples: [], records };
    expect(reportHtml([run], { title: 'wide' }).length).toBeLessThan(3_000_000);
  });

  it('ranks the settings of a sweep, with mean and spread', () => {
    const ranking = {
      metric: 'validationAccuracy',
      settings: [
        { words: 'optimizer.learningRate 0.01', scores: [0.9, 0.92, 0.94], diverged: 0 },
        { words: EVIL, scores: [0.5], diverged: 2 },
        { words: 'optimizer.learningRate 10', scores: [], diverged: 3 },
      ],
    };
    const { document } = parseHTML(reportHtml(exampleRuns(2, 20), { title: 'sweep', ranking }));
    const rows = [...document.querySelectorAll('section tbody tr')].map(({ children }) =>
      [...children].map(({ textContent }) => textContent),
    );
    expect(rows).toEqual([
      ['1', 'optimizer.learningRate 0.01', '92.0 ± 2.0 %', '3', ''],
      ['2', EVIL, '50.0 %', '1', '2'],
      ['3', 'optimizer.learningRate 10', '–', '0', '3'],
    ]);
  });
});
