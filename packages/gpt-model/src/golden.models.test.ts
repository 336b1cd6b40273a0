import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import {
  describeOnBackends,
  expectClose,
  type GoldenCase,
  type GoldenTensor,
  goldenCases,
  type Tolerance,
} from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import g1 from '../fixtures/g1_nanogpt_forward_backward.json' with { type: 'json' };
import g2 from '../fixtures/g2_nanogpt_variants.json' with { type: 'json' };
import g3 from '../fixtures/g3_lmc_gpt_forward_backward.json' with { type: 'json' };
import g4 from '../fixtures/g4_modula_gpt.json' with { type: 'json' };
import g5 from '../fixtures/g5_modula_gpt_variants.json' with { type: 'json' };
import g7 from '../fixtures/g7_modula_training.json' with { type: 'json' };
import {
  type GoldenWeights,
  modelWith,
  modulaName,
  nanoGptConfig,
  nanoGptName,
  toTensor,
} from '../test/golden.js';
import type { GPT, GPTConfig, Norm } from './index.js';

interface Inputs {
  tokens: GoldenTensor;
  targets: GoldenTensor;
  weights: GoldenWeights;
}
interface Expected {
  logits: GoldenTensor;
  loss: number;
  grads: GoldenWeights;
  logits_inference_last_position?: GoldenTensor;
}
type NanoGptHyper = Parameters<typeof nanoGptConfig>[0];

interface ModulaHyper {
  vocab_size: number;
  num_heads: number;
  d_embed: number;
  num_blocks: number;
  softmax_scale?: number;
  final_scale?: number;
  residual_scale?: number;
  layernorm_substitute?: 'rmsnorm' | 'tanh' | 'none';
}

const NORMS: Record<string, Norm> = { rmsnorm: 'rmsNorm', tanh: 'tanh', none: 'none' };

function modulaConfig(hyper: ModulaHyper, contextLength: number): GPTConfig {
  return {
    architecture: 'lipschitz',
    vocabSize: hyper.vocab_size,
    contextLength,
    layers: hyper.num_blocks,
    heads: hyper.num_heads,
    width: hyper.d_embed,
    attentionScale: ((hyper.softmax_scale ?? 1) * hyper.num_heads) / hyper.d_embed,
    finalScale: hyper.final_scale,
    residualScale: hyper.residual_scale,
    norm: NORMS[hyper.layernorm_substitute ?? 'none'],
  };
}

async function expectGolden(
  model: GPT,
  { inputs, expected, tolerance }: GoldenCase<Inputs, unknown, Expected>,
  published: (name: string) => string,
  backend: string,
): Promise<void> {
  const loosened = (output: string): Tolerance => {
    const { rtol, atol } = tolerance(output);
    const factor = backend.startsWith('web') ? 10 : 1; // GPUs round tanh, exp and sums more roughly
    return { rtol: factor * rtol, atol: factor * atol };
  };
  const [tokens, targets] = [toTensor(inputs.tokens), toTensor(inputs.targets)];
  expectClose(await model.forward(tokens).data(), expected.logits.data, loosened('logits'));
  const { value, grads } = tf.variableGrads(
    () => sparseSoftmaxCrossEntropy(targets, model.forward(tokens), { ignoreIndex: -1 }) as tf.Scalar,
    model.variables,
  );
  expectClose(await value.data(), [expected.loss], loosened('loss'));
  expect(model.parameters.size).toBe(Object.keys(expected.grads).length);
  for (const [name, { name: variable }] of model.parameters) {
    const grad = published(name) === 'embed' ? tf.transpose(grads[variable]) : grads[variable];
    expectClose(await grad.data(), expected.grads[published(name)].data, loosened('grads'));
  }
  const last = expected.logits_inference_last_position;
  if (last) {
    const logits = model.forward(tokens, { lastOnly: true });
    expect(logits.shape).toEqual(last.shape);
    expectClose(await logits.data(), last.data, loosened('logits'));
  }
}

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
    expectClose(await loss.data(), [expected.loss_per_step.data[0]], {
      ...tolerance('loss_per_step'),
      ...(backend.startsWith('web') && { atol: 1e-4 }),
    });
    model.dispose();
  });
});
