import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processMark } from '@evenkeel/files';
import { AdamW } from '@evenkeel/optim';
import { openSafetensors } from '@evenkeel/safetensors';
import { describeOnBackends, recordFault } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { batchAt, endless, linearModel, squaredError } from '../../test/problems.js';
import { type Callback, DamagedCheckpointError, type Snapshot, type TrainOptions, train } from '../index.js';
import { CheckpointDirectory } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-checkpoints-'));
afterAll(() => rmSync(root, { recursive: true }));
let directory: string;
let count = 0;
beforeEach(() => {
  directory = join(root, `run-${count++}`);
});

async function run(steps: number, options: Partial<TrainOptions> = {}) {
  const model = linearModel();
  const optimizer = new AdamW({ learningRate: 0.05 });
  try {
    const { history } = await train({
      model,
      loss: squaredError,
      optimizer,
      data: endless(),
      steps,
      logEvery: 1,
      checkpoint: { directory, every: 4 },
      resume: true,
      ...options,
    });
    return { losses: history.map(({ loss }) => loss), values: model.values() };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

const folders = () => readdirSync(directory).filter((name) => name.startsWith('step-'));

describeOnBackends('CheckpointDirectory', () => {
  it('lets a run go on bit for bit', async () => {
    const whole = await run(12, { checkpoint: undefined, resume: false });
    const first = await run(7);
    const second = await run(12);
    expect([...first.losses, ...second.losses]).toEqual(whole.losses);
    expect(second.values).toEqual(whole.values);
  });

  it('holds weights and optimizer by name, and where the run stands as JSON', async () => {
    await run(4, { run: 'first' });
    const weights = await openSafetensors(join(directory, 'step-00000004/weights.safetensors'));
    expect([...weights.tensors.keys()]).toEqual(['linear/w', 'linear/b']);
    await weights.close();
    const optimizer = await openSafetensors(join(directory, 'step-00000004/optimizer.safetensors'));
    expect([...optimizer.tensors.keys()]).toContain('linear/w|m');
    await optimizer.close();
    const state = JSON.parse(readFileSync(join(directory, 'step-00000004/state.json'), 'utf8'));
    expect(state).toMatchObject({
      step: 4,
      seed: 0,
      data: { drawn: 4, source: 4 },
      run: 'first',
      metrics: { loss: expect.any(Number) },
    });
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe('step-00000004\n');
  });

  it('keeps the newest and the best', async () => {
    const scores = [3, 1, 2, 5, 4, 1];
    const evaluate = { run: () => ({ score: scores.shift()! }), every: 4 };
    await run(24, { evaluate, checkpoint: { directory, every: 4, keep: 2, best: 'score' } });
    expect(folders().sort()).toEqual(['step-00000008', 'step-00000020', 'step-00000024']);
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe('step-00000008\n');
    const best = await new CheckpointDirectory({ directory }).load('best');
    expect(best!.state.step).toBe(8);
    tf.dispose([...best!.weights, ...best!.optimizer].map(({ tensor }) => tensor));
  });

  it.each([
    ['the least', 'score', [3, 1, Number.NaN, 4, 5, 6], 20],
    ['an accuracy, the most', 'validationAccuracy', [0.1, 0.9, Number.NaN, 0.4, 0.5, 0.6], 20],
    ['what the mode says', { metric: 'score', mode: 'max' as const }, [1, 2, 2, 3, 2, 1], 30],
    ['NaN at first', 'score', [Number.NaN, 3, 3, 2, 4, 5], 30],
  ])('keeps a best that is seen where no checkpoint is due: %s', async (_name, best, values, step) => {
    const metric = typeof best === 'string' ? best : best.metric;
    const evaluate = { run: () => ({ [metric]: values.shift()! }), every: 10 };
    await run(23, { evaluate, checkpoint: { directory, every: 15, best }, steps: 23 });
    await run(45, { evaluate, checkpoint: { directory, every: 15, best } });
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe(`step-000000${step}\n`);
    expect(folders()).toContain(`step-000000${step}`);
  });

  it('keeps the best also where a run goes on that asks for none', async () => {
    const scores = [1, 2, 3, 4, 5, 6];
    const evaluate = { run: () => ({ score: scores.shift()! }), every: 4 };
    await run(8, { evaluate, checkpoint: { directory, every: 4, keep: 1, best: 'score' } });
    await run(16, { checkpoint: { directory, every: 4, keep: 1 } });
    expect(folders().sort()).toEqual(['step-00000004', 'step-00000016']);
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe('step-00000004\n');
  });

  it('says that there is no metric by which one could be the best', async () => {
    const evaluate = { data: [batchAt(1)], every: 4 };
    const best = { directory, best: 'val_loss' };
    await expect(run(9, { evaluate, checkpoint: best })).rejects.toThrow(
      "checkpoint.best goes by 'val_loss', which no metric is called",
    );
    await expect(
      run(9, { checkpoint: { directory, best: { metric: 'a', mode: 'low' } as never } }),
    ).rejects.toThrow("train: checkpoint.best.mode is 'low'");
  });

  it('goes on from the checkpoint that was asked for', async () => {
    const { losses } = await run(12);
    const again = await run(12, { resume: 'step-00000008' });
    expect(again.losses).toEqual(losses.slice(8));
    await expect(run(12, { resume: 'step-00000007' })).rejects.toThrow(
      `train: there is no checkpoint 'step-00000007' in '${directory}'`,
    );
    await expect(run(12, { resume: '../secrets' })).rejects.toThrow("'../secrets' is no checkpoint's name");
  });

  it('lets a run that has a name go on from its own checkpoints alone', async () => {
    await run(4, { run: 'first' });
    await expect(run(8, { run: 'second' })).rejects.toThrow(
      'train: the checkpoint of step 4 is of another run, expected one of the run that goes on',
    );
    expect((await run(8, { run: 'first' })).losses).toHaveLength(4);
    const { losses } = await run(12); // a run without a name takes what is there
    expect(losses).toHaveLength(4);
    await expect(run(16, { run: 'first' })).rejects.toThrow('of step 12 is of no run that has a name');
  });

  it('replaces a checkpoint of the same step, and knows the old one while it does', async () => {
    await run(4);
    cpSync(join(directory, 'step-00000004'), join(directory, 'step-00000004.old'), { recursive: true });
    rmSync(join(directory, 'step-00000004'), { recursive: true });
    const { losses } = await run(5);
    expect(losses).toHaveLength(1);
    const { losses: all } = await run(4, { resume: false });
    expect(all).toHaveLength(4);
    expect(folders().sort()).toEqual(['step-00000004', 'step-00000005']);
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe('step-00000004\nstep-00000005\n');
    expect((await run(5)).losses).toEqual(losses); // from step 4, which was saved after step 5
  });

  it.each([
    ['weights that are cut short', 'weights.safetensors', (file: string) => truncateSync(file, 100)],
    ['an optimizer that is gone', 'optimizer.safetensors', (file: string) => rmSync(file)],
    ['zeros in its weights', 'weights.safetensors', (file: string) => fillWithZeros(file)],
    ['a manifest that is gone', 'manifest.json', (file: string) => rmSync(file)],
    ['a manifest without its optimizer', 'manifest.json', (file: string) => unlist(file)],
    ['a pipe for a state', 'state.json', (file: string) => makePipe(file)],
    ['a state that is no JSON', 'state.json', (file: string) => writeFileSync(file, '{"step": 8')],
    ['a state of another step', 'state.json', (file: string) => renumber(file)],
    ['a state without an order', 'state.json', (file: string) => writeFileSync(file, '{"format":3}')],
  ])(
    'names a newest checkpoint with %s, and the one before it, and takes none silently',
    async (_name, file, damage) => {
      const { losses } = await run(8);
      damage(join(directory, 'step-00000008', file));
      const message = `checkpoint: '${directory}/step-00000008' is damaged: `;
      for (const resume of [true, 'latest', 'step-00000008']) {
        const error: Error = await run(8, { resume }).catch((error) => error);
        expect(error.message.startsWith(message), error.message).toBe(true);
        expect(error.message).toContain(file);
        expect(error.message).toMatch(/The one before it is whole: go on from 'step-00000004'\.$/);
      }
      expect((await run(8, { resume: 'step-00000004' })).losses).toEqual(losses.slice(4));
      expect((await run(9)).losses).toHaveLength(1);
      recordFault(
        'a file of the newest checkpoint cut off, zeroed, removed or exchanged',
        'it is named, and the checkpoint before it; none is taken silently',
      );
    },
  );

  it('says where there is none that is whole', async () => {
    await run(8);
    for (const step of ['4', '8'])
      truncateSync(join(directory, `step-0000000${step}/weights.safetensors`), 9);
    await expect(run(8)).rejects.toThrow(
      /has 9 bytes, expected \d+ as in the manifest\. There is none before it that is whole\.$/,
    );
  });

  it('knows which is the newest whatever `latest` and `best` say, and takes none before one that it cannot read', async () => {
    await run(8);
    await run(4, { resume: false, checkpoint: { directory, every: 4, keep: 9 } }); // saved after step 8
    for (const text of ['step-00000008\nstep-00000004\n', 'step-00000004\n', 'step-00000002\nnonsense', '']) {
      for (const name of ['latest', 'best']) writeFileSync(join(directory, name), text);
      const newest = (await new CheckpointDirectory({ directory }).load('latest'))!;
      expect(newest.state.step).toBe(4);
      tf.dispose([...newest.weights, ...newest.optimizer].map(({ tensor }) => tensor));
    }
    rmSync(join(directory, 'step-00000008', 'state.json'));
    const error = await new CheckpointDirectory({ directory }).load('latest').catch((error) => error);
    expect(error).toBeInstanceOf(DamagedCheckpointError);
    expect(error).toMatchObject({ folder: `${directory}/step-00000008`, whole: 'step-00000004' });
    await expect(new CheckpointDirectory({ directory }).load('best')).rejects.toThrow('is damaged');
  });

  it('finds every flipped bit, wherever it is', async () => {
    await run(4);
    const store = new CheckpointDirectory({ directory });
    const files = readdirSync(join(directory, 'step-00000004')).map((name) => {
      const path = join(directory, 'step-00000004', name);
      return { path, bytes: readFileSync(path) };
    });
    const before = (await store.load('latest'))!;
    const valuesOf = ({ weights, optimizer, state }: Snapshot) => [
      [...weights, ...optimizer].map(({ name, tensor }) => [name, Array.from(tensor.dataSync())]),
      state,
    ];
    const disposeOf = ({ weights, optimizer }: Snapshot) =>
      tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), fc.nat(1e6), fc.nat(7), async (f, at, bit) => {
        const { path, bytes } = files[f];
        const damaged = Uint8Array.from(bytes);
        damaged[at % bytes.length] ^= 1 << bit;
        writeFileSync(path, damaged);
        // Spaces between the fields of a manifest may change; nothing that it says may.
        const found = await store.load('latest').catch((error: Error) => error);
        writeFileSync(path, bytes);
        if (found instanceof Error) expect(found.message).toContain('is damaged');
        else {
          expect(path.endsWith('manifest.json')).toBe(true);
          expect(valuesOf(found!)).toEqual(valuesOf(before));
          disposeOf(found!);
        }
      }),
      { numRuns: 150 },
    );
    recordFault(
      'a bit flipped in any file of a checkpoint',
      'it is found, or in the spaces of a manifest, which say nothing',
      150,
    );
    disposeOf(before);
  });

  it('goes back, never forward: what is newer than where it went on is set aside', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await run(20, { checkpoint: { directory, every: 5, keep: 9 } });
    const bad = batchAt(9);
    const data = [
      ...Array.from({ length: 7 }, (_, i) => batchAt(i)),
      { ...bad, targets: tf.mul(bad.targets, Number.NaN) },
    ];
    let n = 5;
    const drawn = { batch: () => data[n++] ?? batchAt(n), state: () => n, restore: () => {} };
    const steps: number[] = [];
    const callbacks = [{ onRollback: ({ step }: { step: number }) => steps.push(step) }];
    await run(9, {
      resume: 'step-00000005',
      data: drawn,
      guard: 'rollback',
      callbacks,
      checkpoint: { directory, every: 100, keep: 9 },
    });
    expect(steps).toEqual([5]);
    recordFault(
      'a run that diverges after it was resumed from an older checkpoint',
      'it goes back to that one, and what was newer is set aside',
    );
    expect(folders().sort()).toEqual(['step-00000005', 'step-00000009']);
    expect(readdirSync(join(directory, 'set-aside')).sort()).toEqual([
      'step-00000010',
      'step-00000015',
      'step-00000020',
    ]);
    expect(
      warn.mock.calls.map(([text]) => text).filter((text) => text.includes('is newer than')),
    ).toHaveLength(3);
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe('step-00000009\nstep-00000005\n');
    warn.mockRestore();
    tf.dispose(data.map(({ inputs, targets }) => [inputs, targets]));
    tf.dispose(bad.targets);
  });

  it('knows latest and best from the folders alone, also where a killed process did not write them', async () => {
    const scores = [3, 1, 2, 4, 5, 6];
    const evaluate = { run: () => ({ score: scores.shift()! }), every: 4 };
    await run(12, { evaluate, checkpoint: { directory, every: 4, best: 'score' } });
    const best = readFileSync(join(directory, 'best'), 'utf8');
    rmSync(join(directory, 'best'));
    writeFileSync(join(directory, 'latest'), 'step-00000004\n');
    const store = new CheckpointDirectory({ directory });
    expect(await store.folders()).toEqual(['step-00000012', 'step-00000008', 'step-00000004']);
    const loaded = (await store.load('best'))!;
    expect(loaded.state.step).toBe(8);
    tf.dispose([...loaded.weights, ...loaded.optimizer].map(({ tensor }) => tensor));
    await run(13, { evaluate, checkpoint: { directory, every: 100, best: 'score' } });
    expect(readFileSync(join(directory, 'best'), 'utf8')).toBe(best);
    expect(readFileSync(join(directory, 'latest'), 'utf8').split('\n')[0]).toBe('step-00000013');
  });

  it('lets one run at a time write, and says who does', async () => {
    let refused: Error | undefined;
    const second: Callback = {
      onStep: async ({ step }) => {
        if (step !== 2) return;
        const model = linearModel('second');
        const options = { model, loss: squaredError, optimizer: new AdamW(), data: endless(), steps: 1 };
        refused = await train({ ...options, checkpoint: { directory } }).catch((error) => error);
        model.dispose();
      },
    };
    await run(4, { callbacks: [second] });
    expect(refused?.message).toMatch(
      new RegExp(
        `^checkpoint: '${directory}' is written by process ${process.pid} on \\w+ since 20.*expected no other`,
      ),
    );
    expect((await run(5)).losses).toHaveLength(1);
    expect(readdirSync(directory).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  it('publishes nothing once another process has taken its lock over', async () => {
    const callbacks: Callback[] = [
      { onStep: ({ step }) => step === 6 && rmSync(join(directory, 'lock-1.json')) && undefined },
    ];
    await expect(run(12, { callbacks })).rejects.toThrow(/the lock '.*lock-1.json' is gone/);
    expect(folders()).toEqual(['step-00000004']);
  });

  it('leaves no draft behind when saving fails', async () => {
    const store = new CheckpointDirectory({ directory });
    const broken = { name: 'w', tensor: { dtype: 'complex64', shape: [1] } };
    const snapshot = { weights: [broken], optimizer: [], state: { step: 1 } } as unknown as Snapshot;
    await expect(store.save(snapshot)).rejects.toThrow("'w' is complex64");
    expect(readdirSync(directory)).toEqual([]);
  });

  it('clears away what a killed process has left, and nothing of others', async () => {
    await run(4);
    const host = (await processMark()).split('-')[0];
    const dead = `step-00000008.${host}-999999999-1-abcdefgh.tmp`;
    const again = `step-00000008.${host}-${process.pid}-1-abcdefgh.tmp`; // the number of a process that lives, begun at another time
    const own = `step-00000008.${await processMark()}-abcdefgh.tmp`;
    for (const name of [dead, again, own, 'notes']) {
      cpSync(join(directory, 'step-00000004'), join(directory, name), { recursive: true });
    }
    await run(8);
    expect([dead, again, own, 'notes'].map((name) => existsSync(join(directory, name)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it.each([
    [{ directory: '' }, 'checkpoint: directory is , expected a path'],
    [{ directory: 'x', keep: 0 }, 'checkpoint: keep is 0, expected a whole number ≥ 1'],
    [{ directory: 'x', kepp: 1 }, "checkpoint: option 'kepp' is unknown"],
  ])('refuses %o', (options, message) => {
    expect(() => new CheckpointDirectory(options as never)).toThrow(message);
  });
});

function renumber(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace('"step": 8', '"step": 9'));
}

function unlist(file: string): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  delete manifest.files['optimizer.safetensors'];
  writeFileSync(file, JSON.stringify(manifest));
}

function fillWithZeros(file: string): void {
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, bytes.length - 8));
}

function makePipe(file: string): void {
  rmSync(file);
  execFileSync('mkfifo', [file]);
}
