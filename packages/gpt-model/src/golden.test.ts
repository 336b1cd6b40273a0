import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { it } from 'vitest';
import g1 from '../fixtures/g1_nanogpt_forward_backward.json' with { type: 'json' };
import g2 from '../fixtures/g2_nanogpt_variants.json' with { type: 'json' };
import g3 from '../fixtures/g3_lmc_gpt_forward_backward.json' with { type: 'json' };
import g4 from '../fixtures/g4_modula_gpt.json' with { type: 'json' };
import g5 from '../fixtures/g5_modula_gpt_variants.json' with { type: 'json' };
import g7 from '../fixtures/g7_modula_training.json' with { type: 'json' };
import {
  type Expected,
  expectGolden,
  type GoldenWeights,
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

  const training = goldenCases<
    { token_stream: GoldenTensor; batch_start_indices: GoldenTensor; init_weights: GoldenWeights },
    ModulaHyper & { seq_len: number },
    { loss_per_step: GoldenTensor }
  >(g7);
  it.each(training)('starts at the loss of Modula’s training: $name', async (golden) => {
    const { inputs, hyper, expected, tolerance } = golden;
    const model = modelWith(modulaConfig(hyper, hyper.seq_len), inputs.init_weights, modulaName);
    const starts = inputs.batch_start_indices.data.slice(0, inputs.batch_start_indices.shape[1]);
    const batch = (shift: number) =>
      starts.map((i) => inputs.token_stream.data.slice(i + shift, i + shift + hyper.seq_len));
    const loss = sparseSoftmaxCrossEntropy(
      tf.tensor2d(batch(1), undefined, 'int32'),
      model.forward(batch(0)),
    );
    expectClose(await loss.data(), [expected.loss_per_step.data[0]], tolerance('loss_per_step'));
    model.dispose();
  });
});
