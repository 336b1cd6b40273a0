import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memo } from './memo.js';
import { RecordFiles } from './record-files.js';
import { generatedFiles, staleFiles, writeStale } from './reports.js';
import type { Result, RunRecord } from './result.js';
import { runPlans } from './run-plans.js';
import { markdownTable } from './table.js';

interface Settings {
  factor: number;
}

let root: string;
/** What was computed, in order. */
let computed: string[];
/** Aborts once this many parts were computed. */
let stopAfter: number;
let controller: AbortController;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'results-'));
  computed = [];
  stopAfter = Infinity;
  controller = new AbortController();
});
afterEach(() => rmSync(root, { recursive: true }));

/** Two parts a run, each remembered. */
const fake = (factors: Record<string, number>): Result<Settings, { sum: number; odd: number }> => ({
  name: 'fake',
  title: 'A fake',
  plans: Object.entries(factors).map(([id, factor]) => ({ id, settings: { factor } })),
  async execute({ id, seed, settings }, surroundings) {
    const part = (name: string) =>
      memo(surroundings, name, async () => {
        computed.push(`${id}-${seed} ${name}`);
        if (computed.length >= stopAfter) controller.abort();
        return settings.factor * seed;
      });
    return { sum: (await part('first')) + (await part('second')), odd: Number.NaN };
  },
  sections: (records) => ({
    table: markdownTable(
      ['id', 'sum'],
      records.map(({ id, measured }) => [id, String(measured.sum)]),
    ),
  }),
  plots: (records) => ({ 'plot.svg': `<svg>${records.length}</svg>` }),
  headlines: (records) => [
    { claim: 'sums', published: '7', measured: records.map(({ measured }) => measured.sum).join(', ') },
  ],
});

const run = (result: Result<Settings, { sum: number; odd: number }>, seeds = [1, 2], only?: RegExp) =>
  runPlans(result, {
    ...{ seeds, only },
    files: new RecordFiles(root, 'fake'),
    scratch: join(root, 'scratch'),
    signal: controller.signal,
    text: async () => '',
    log: () => {},
  });

describe('running the plans of a result', () => {
  it('runs every plan with the first seed first and records settings, seed, time and system', async () => {
    expect(await run(fake({ a: 1, b: 2 }))).toEqual({ done: 4, left: [] });
    expect(computed.filter((part) => part.endsWith('first'))).toEqual([
      'a-1 first',
      'b-1 first',
      'a-2 first',
      'b-2 first',
    ]);
    const file: RunRecord = JSON.parse(readFileSync(join(root, 'fake/results/b-seed2.json'), 'utf8'));
    expect(file).toMatchObject({ result: 'fake', id: 'b', seed: 2, settings: { factor: 2 } });
    expect(file.measured).toEqual({ sum: 8, odd: 'NaN' });
    expect(file.minutes.wall).toBeGreaterThan(0);
    expect(file.environment).toMatchObject({ node: process.versions.node, tfjs: expect.any(String) });
    expect(file.environment.cpu).not.toBe('');
    expect(readdirSync(join(root, 'scratch/fake'))).toEqual([]);
  });

  it('skips what has a file of the same settings, and runs anew what was changed', async () => {
    await run(fake({ a: 1, b: 2 }), [1]);
    computed = [];
    expect(await run(fake({ a: 1, b: 3 }), [1])).toEqual({ done: 2, left: [] });
    expect(computed).toEqual(['b-1 first', 'b-1 second']);
    expect(
      new RecordFiles(root, 'fake')
        .of(fake({ a: 1, b: 3 }).plans)
        .map(({ measured }) => (measured as { sum: number }).sum),
    ).toEqual([2, 6]);
  });

  it('stops inside a run, says what is left, and goes on where it was', async () => {
    stopAfter = 1;
    expect(await run(fake({ a: 1, b: 2 }), [1])).toEqual({ done: 0, left: ['a-seed1', 'b-seed1'] });
    expect(existsSync(join(root, 'fake/results'))).toBe(false);
    [stopAfter, controller] = [Infinity, new AbortController()];
    expect(await run(fake({ a: 1, b: 2 }), [1], /^a/)).toEqual({ done: 1, left: [] });
    expect(computed).toEqual(['a-1 first', 'a-1 second']);
  });

  it('runs the others before it passes on what a run throws', async () => {
    const whole = fake({ a: 1, b: 2 });
    const broken: typeof whole = {
      ...whole,
      execute: (plan, surroundings) =>
        plan.id === 'a' ? Promise.reject(new Error('out of paper')) : whole.execute(plan, surroundings),
    };
    await expect(run(broken, [1])).rejects.toThrow('out of paper');
    expect(computed).toEqual(['b-1 first', 'b-1 second']);
  });

  it('leaves alone what another process runs', async () => {
    const twice = fake({ a: 1 });
    const nested: typeof twice = {
      ...twice,
      execute: async (plan, surroundings) => {
        expect(await run(twice, [1])).toEqual({ done: 0, left: ['a-seed1'] });
        return twice.execute(plan, surroundings);
      },
    };
    expect(await run(nested, [1])).toEqual({ done: 1, left: [] });
  });

  it('goes on if it was killed while it wrote down the time', async () => {
    stopAfter = 1;
    await run(fake({ a: 1 }), [1]);
    [stopAfter, controller] = [Infinity, new AbortController()];
    const [folder] = readdirSync(join(root, 'scratch/fake'));
    writeFileSync(join(root, 'scratch/fake', folder, 'minutes.json.tmp'), '{"wall":');
    expect(await run(fake({ a: 1 }), [1])).toEqual({ done: 1, left: [] });
  });
});

describe('the generated tables and plots', () => {
  const places = () => ({ benchmarks: root, readme: join(root, 'README.md') });
  const section = (name: string) =>
    `<!-- ${name}: generated by npm run results -->\nold\n<!-- ${name}: end -->`;
  beforeEach(async () => {
    await run(fake({ a: 1 }), [1, 2]);
    mkdirSync(join(root, 'fake'), { recursive: true });
    writeFileSync(join(root, 'fake/README.md'), `# Fake\n\n${section('table')}\n\nText.\n`);
    writeFileSync(join(root, 'README.md'), `before\n${section('results')}\nafter\n`);
  });

  it('come from the files alone, between the markers, and leave the rest as it is', () => {
    const stale = writeStale(generatedFiles([fake({ a: 1 })], places()));
    expect(stale.map((path) => path.slice(root.length + 1))).toEqual([
      'fake/README.md',
      'fake/plot.svg',
      'README.md',
    ]);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme).toMatch(/^before\n[\s\S]*\nafter\n$/);
    expect(readme).toContain('| [A fake](benchmarks/fake) | sums | 7 | 2, 4 |');
    expect(readFileSync(join(root, 'fake/README.md'), 'utf8')).toMatch(
      /^# Fake\n[\s\S]*\| a \| 4 \|[\s\S]*Text\.\n$/,
    );
    expect(staleFiles(generatedFiles([fake({ a: 1 })], places()))).toEqual([]);
  });

  it('are stale once a result changes, or somebody edits a number', async () => {
    writeStale(generatedFiles([fake({ a: 1 })], places()));
    const readme = join(root, 'README.md');
    writeFileSync(readme, readFileSync(readme, 'utf8').replace('2, 4', '2, 5'));
    expect(staleFiles(generatedFiles([fake({ a: 1 })], places()))).toEqual([readme]);
    await run(fake({ a: 2 }), [1]);
    expect(staleFiles(generatedFiles([fake({ a: 2 })], places()))).toHaveLength(3);
  });

  it('need their markers', () => {
    writeFileSync(join(root, 'fake/README.md'), '# Fake\n');
    expect(() => generatedFiles([fake({ a: 1 })], places())).toThrow(
      "has no section 'table', expected '<!-- table",
    );
  });
});
