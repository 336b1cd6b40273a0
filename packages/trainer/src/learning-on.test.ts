import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnBackends } from '@evenkeel/testing';
import { tensor1d, variable } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import {
  assignWeights,
  buildRun,
  parseRunConfig,
  type RunConfigInput,
  trainFromConfig,
} from './config/index.js';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-learning-on-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const models: Record<string, Exclude<NonNullable<RunConfigInput['model']>, string>> = {
  gpt: { architecture: 'gpt2', contextLength: 4, layers: 1, heads: 2, width: 8 },
  mlp: { architecture: 'mlp', hidden: [8], bias: true },
};
const data = { kind: 'modularArithmetic', modulus: 5 } as const;

/** The numbers of a new run, before it has learned anything. */
async function begun(input: RunConfigInput, options?: Parameters<typeof buildRun>[1]): Promise<number[][]> {
  const { model, data, optimizer } = await buildRun(parseRunConfig(input), options);
  const weights = model.variables.map((variable) => Array.from(variable.dataSync()));
  model.dispose();
  optimizer.dispose();
  await data.close();
  return weights;
}

describeOnBackends('model.load beside an architecture', () => {
  it.each(Object.entries(models))('begins with the weights of a checkpoint: %s', async (name, described) => {
    const first = join(directory, name);
    const { model } = await trainFromConfig({
      model: described,
      data,
      steps: 2,
      checkpoint: { directory: first },
    });
    const learned = model.variables.map((variable) => Array.from(variable.dataSync()));
    model.dispose();
    const load = join(first, 'step-00000002');
    const config = { model: { ...described, load }, data, seed: 3 };
    expect(await begun(config)).toEqual(learned);
    expect(await begun(config, { loadWeights: false })).toEqual(
      await begun({ model: described, data, seed: 3 }),
    );
    await expect(
      begun({ ...config, model: { ...described, load: join(first, 'step-00000003') } }),
    ).rejects.toThrow('where no checkpoint is');
    await expect(begun({ ...config, data: { ...data, modulus: 7 } })).rejects.toThrow('expected shape');
  });
});

describe('assignWeights', () => {
  it('changes nothing unless all names and shapes are the same', () => {
    const variables = [
      variable(tensor1d([1]), true, 'gpt_1/a.w'),
      variable(tensor1d([2]), true, 'gpt_1/b.w'),
    ];
    const [one, two] = [tensor1d([3]), tensor1d([4, 5])];
    const from = (...names: string[]) => names.map((name) => ({ name: `gpt/${name}.w`, tensor: one }));
    const assign = (weights: Parameters<typeof assignWeights>[1]) => () =>
      assignWeights({ variables }, weights, 'old');
    expect(assign(from('a'))).toThrow("assignWeights: 'old' has no 'gpt_1/b.w', expected one of shape [1]");
    expect(assign(from('a', 'b', 'c'))).toThrow("'old' has 'gpt/c.w', expected only");
    expect(assign([...from('a'), { name: 'gpt/b.w', tensor: two }])).toThrow("has 'gpt/b.w' in shape [2]");
    expect(variables.map((variable) => variable.dataSync()[0])).toEqual([1, 2]);
    assign(from('b', 'a'))();
    expect(variables.map((variable) => variable.dataSync()[0])).toEqual([3, 3]);
    for (const tensor of [...variables, one, two]) tensor.dispose();
  });
});
