import { AdamW } from '@evenkeel/optim';
import { describeOnBackends } from '@evenkeel/testing';
import { expect, it } from 'vitest';
import { descent, endless, generated, linearModel, squaredError } from '../test/problems.js';
import { type Callback, type Data, MemoryCheckpoints, train } from './index.js';

/** Trains to `steps`, from the store's checkpoint if there is one; returns losses by step and the weights. */
async function run(steps: number, store: MemoryCheckpoints, data: Data, accumulation = 1) {
  const model = linearModel();
  const optimizer = new AdamW({ learningRate: 0.05 });
  const seen: unknown[] = [];
  const remembering: Callback = {
    name: 'remembering',
    onStep: ({ step }) => seen.push(step),
    state: () => [...seen],
    restore: (state: unknown[]) => seen.push(...state),
  };
  const { history } = await train({
    model,
    loss: squaredError,
    optimizer,
    data,
    steps,
    gradientAccumulation: accumulation,
    logEvery: 1,
    callbacks: [remembering],
    checkpoint: { store, every: 4 },
    resume: true,
  });
  const values = model.values();
  optimizer.dispose();
  model.dispose();
  return { losses: history.map(({ loss }) => loss), values, seen };
}

describeOnBackends('resuming', () => {
  it.each([
    ['a source with a state', endless],
    ['a generator', generated],
  ])('goes on bit for bit: %s', async (_name, create) => {
    const [whole, parts] = [new MemoryCheckpoints(), new MemoryCheckpoints()];
    const expected = await run(12, whole, create(), 2);
    const first = await run(7, parts, create(), 2);
    const second = await run(12, parts, create(), 2);
    expect([...first.losses, ...second.losses]).toEqual(expected.losses);
    expect(second.values).toEqual(expected.values);
    expect(second.seen).toEqual(expected.seen);
    whole.dispose();
    parts.dispose();
  });

  it('refuses a checkpoint of another model, and leaves this one as it was', async () => {
    const store = new MemoryCheckpoints();
    await run(3, store, endless());
    const other = { ...linearModel('other'), dispose: undefined };
    const before = other.values();
    const options = { loss: squaredError, optimizer: new AdamW(), data: endless(), steps: 9 };
    const resumed = { ...options, checkpoint: { store }, resume: true };
    await expect(train({ ...resumed, model: other })).rejects.toThrow(
      "train: the checkpoint has no 'other/w', expected shape [3,1]",
    );
    expect(other.values()).toEqual(before);
    await expect(train({ ...resumed, model: linearModel(), seed: 4 })).rejects.toThrow(
      'train: seed is 4, expected 0 as in the checkpoint',
    );
    store.dispose();
  });

  it('says so when there must be a checkpoint and is none', async () => {
    const store = new MemoryCheckpoints();
    const options = { model: linearModel(), loss: squaredError, optimizer: descent(1), data: endless() };
    await expect(train({ ...options, steps: 1, checkpoint: { store }, resume: 'latest' })).rejects.toThrow(
      "train: there is no checkpoint 'latest', expected one to go on from",
    );
  });
});
