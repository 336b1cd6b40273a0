import { describeOnBackends, expectClose, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import g3 from '../fixtures/g3_lmc_gpt_forward_backward.json' with { type: 'json' };
import g5 from '../fixtures/g5_modula_gpt_variants.json' with { type: 'json' };
import {
  type Expected,
  expectGolden,
  type Inputs,
  type ModulaHyper,
  modelWith,
  modulaConfig,
  modulaName,
  type NanoGptHyper,
  nanoGptConfig,
  nanoGptName,
} from '../test/golden.js';
import { GPT, generate } from './index.js';

// A few whole models, small enough for browsers without a GPU; the other tests have the rest.

describeOnBackends('GPT', (backend) => {
  it('has nanoGPT’s logits, loss and every gradient', async () => {
    const [golden] = goldenCases<Inputs, NanoGptHyper, Expected>(g3);
    const model = modelWith(nanoGptConfig(golden.hyper), golden.inputs.weights, nanoGptName);
    await expectGolden(model, golden, nanoGptName, backend);
    model.dispose();
  });

  it('has Modula’s logits, loss and every gradient', async () => {
    const [golden] = goldenCases<Inputs, ModulaHyper, Expected>(g5);
    const config = modulaConfig(golden.hyper, golden.inputs.tokens.shape[1]);
    const model = modelWith({ ...config, checkpointing: true }, golden.inputs.weights, modulaName);
    await expectGolden(model, golden, modulaName, backend);
    model.dispose();
  });

  it('generates with a cache what it reads at once', async () => {
    const model = new GPT({
      architecture: 'llama',
      vocabSize: 11,
      contextLength: 8,
      layers: 1,
      heads: 2,
      kvHeads: 1,
      width: 8,
      scoreBias: true,
    });
    const tokens = [1, 2];
    for await (const token of generate(model, tokens, { maxTokens: 3, temperature: 0 })) tokens.push(token);
    expect(tokens).toHaveLength(5);
    const cache = model.cache();
    const parts = [tokens.slice(0, 3), tokens.slice(3)].map((part) => model.forward([part], { cache }));
    const whole = model.forward([tokens]);
    expectClose(await tf.concat(parts, 1).data(), await whole.data(), 1e-4);
    cache.dispose();
    model.dispose();
  });
});
