import { grokAdamW, grokfastEma } from '@evenkeel/grokadamw';
import { muon } from '@evenkeel/lipschitz';
import {
  adamW,
  addDecayedWeights,
  both,
  chain,
  clipByGlobalNorm,
  isMatrix,
  masked,
  named,
  partition,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import i1 from '../fixtures/i1_gpt_training_curves.json' with { type: 'json' };
import { type GoldenWeights, modelWith, nanoGptConfig, nanoGptName } from '../test/golden.js';

interface Inputs {
  config: Parameters<typeof nanoGptConfig>[0];
  token_stream: GoldenTensor;
  batch_start_indices: GoldenTensor;
  init_weights: GoldenWeights;
}
interface Expected {
  loss_per_step: GoldenTensor;
  final_wpe: GoldenTensor;
  final_param_l2: Record<string, number>;
  final_param_sum: Record<string, number>;
  lr_per_step?: number[];
}
const cases = goldenCases<Inputs & { same_as_case?: string }, { loss: string }, Expected>(i1);
const { inputs } = cases[0];

/** Each published optimizer as a chain. */
const OPTIMIZERS: Record<string, (expected: Expected) => Transform> = {
  adamw_nanogpt_cosine_clip: ({ lr_per_step }) =>
    chain(
      clipByGlobalNorm(1),
      scaleByAdam({ beta2: 0.95 }),
      masked(addDecayedWeights(0.1), isMatrix),
      scaleByLearningRate((count) => lr_per_step![count]),
    ),
  adam_lmc: () => chain(clipByGlobalNorm(1), scaleByAdam({ beta2: 0.95 }), scaleByLearningRate(0.003)),
  sgd_momentum: () => sgd({ learningRate: 0.1, momentum: 0.9 }),
  adamw_stablemax_prieto: () => adamW({ learningRate: 0.005, beta2: 0.99, weightDecay: 0 }),
  orthograd_prieto_adamw: () =>
    chain(orthograd(), adamW({ learningRate: 0.005, beta2: 0.99, weightDecay: 0 })),
  orthograd_cc_log_stablemax: () =>
    chain(masked(orthograd({ rescale: false }), isMatrix), adamW({ learningRate: 0.005 })),
  grokadamw: () => grokAdamW({ learningRate: 0.003 }),
  muon_with_aux_adam: () =>
    partition(
      {
        muon: muon({ learningRate: 0.02, weightDecay: 0.01 }),
        adam: adamW({ learningRate: 0.003, beta2: 0.95, epsilon: 1e-10, weightDecay: 0.01 }),
      },
      (param) => (both(isMatrix, named(/blocks\./))(param) ? 'muon' : 'adam'),
    ),
  grokfast_ema_adamw: () =>
    chain(grokfastEma({ alpha: 0.9 }), adamW({ learningRate: 0.003, beta2: 0.98, weightDecay: 0.005 })),
};

const LOSSES: Record<string, (labels: tf.Tensor, logits: tf.Tensor) => tf.Tensor> = {
  cross_entropy: sparseSoftmaxCrossEntropy,
  stablemax: sparseStablemaxCrossEntropy,
  log_stablemax_nll: sparseStablemaxCrossEntropy,
};

describeOnBackends('GPT in training', () => {
  it.each(cases)('follows the published curve of 30 steps: $name', ({ name, hyper, expected, tolerance }) => {
    const model = modelWith(nanoGptConfig(inputs.config), inputs.init_weights, nanoGptName);
    const optimizer = new TransformOptimizer(OPTIMIZERS[name](expected));
    const [steps, batch] = inputs.batch_start_indices.shape;
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const starts = inputs.batch_start_indices.data.slice(step * batch, (step + 1) * batch);
      const rows = (shift: number) =>
        starts.map((i) => inputs.token_stream.data.slice(i + shift, i + shift + inputs.config.block_size));
      const labels = tf.tensor2d(rows(1), undefined, 'int32');
      const loss = optimizer.minimize(
        () => LOSSES[hyper.loss](labels, model.forward(rows(0))) as tf.Scalar,
        true,
        model.variables,
      )!;
      losses.push(loss.dataSync()[0]);
    }
    expectClose(losses, expected.loss_per_step.data, 1e-4);
    expectClose(model.parameters.get('position.weight')!, expected.final_wpe.data, tolerance('final_wpe'));
    const checked = [...model.parameters].filter(
      ([parameter]) => nanoGptName(parameter) in expected.final_param_l2,
    );
    expect(checked).toHaveLength(Object.keys(expected.final_param_l2).length);
    for (const [parameter, variable] of checked) {
      const published = nanoGptName(parameter);
      expectClose(tf.norm(variable), [expected.final_param_l2[published]], tolerance('final_param_l2'));
      expectClose(tf.sum(variable), [expected.final_param_sum[published]], tolerance('final_param_sum'));
    }
    optimizer.dispose();
    model.dispose();
  });
});
