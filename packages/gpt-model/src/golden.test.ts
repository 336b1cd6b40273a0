import { describeOnBackends, goldenCases } from '@evenkeel/testing';
import { it } from 'vitest';
import g1 from '../fixtures/g1_nanogpt_forward_backward.json' with { type: 'json' };
import g2 from '../fixtures/g2_nanogpt_variants.json' with { type: 'json' };
import g3 from '../fixtures/g3_lmc_gpt_forward_backward.json' with { type: 'json' };
import g4 from '../fixtures/g4_modula_gpt.json' with { type: 'json' };
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

describeOnBackends('GPT', (backend) => {
  const nanoGpt = [g1, g2, g3].flatMap((file) => goldenCases<Inputs, NanoGptHyper, Expected>(file));
  it.each(nanoGpt)('has nanoGPT’s logits, loss and every gradient: $name', async (golden) => {
    for (const checkpointing of [false, true]) {
      const config = { ...nanoGptConfig(golden.hyper), checkpointing };
      const model = modelWith(config, golden.inputs.weights, nanoGptName);
      await expectGolden(model, golden, nanoGptName, backend);
      model.dispose();
    }
  });

  const modula = [g4, g5].flatMap((file) => goldenCases<Inputs, ModulaHyper, Expected>(file));
  it.each(modula)('has Modula’s logits, loss and every gradient: $name', async (golden) => {
    const config = modulaConfig(golden.hyper, golden.inputs.tokens.shape[1]);
    const model = modelWith(config, golden.inputs.weights, modulaName);
    await expectGolden(model, golden, modulaName, backend);
    model.dispose();
  });
});
