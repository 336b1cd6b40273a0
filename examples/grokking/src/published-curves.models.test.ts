import { labelTensor, modularArithmetic, oneHotInputs, selectExamples } from '@evenkeel/data';
import { adamW, chain, sgd, type Transform, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { it } from 'vitest';
import golden from '../fixtures/i2_modular_addition_curves.json' with { type: 'json' };
import { Mlp } from './mlp.js';

interface Inputs {
  p: number;
  train_index: GoldenTensor;
  test_index: GoldenTensor;
  weights: GoldenTensor[];
}
interface Hyper {
  optimizer: 'AdamW' | 'SGD';
  orthogonal: boolean;
  loss: 'cross_entropy' | 'stablemax';
  steps: number;
  hyper: { lr: number; betas?: [number, number]; eps?: number; momentum?: number; weight_decay: number };
}
interface Expected {
  train_loss_before_step: GoldenTensor;
  test_loss_after_step: GoldenTensor;
  train_acc_after_step: GoldenTensor;
  test_acc_after_step: GoldenTensor;
  final_weight_l2: number[];
}

const cases = goldenCases<Inputs, Hyper, Expected>(golden);
const STEPS_TO_CHECK = [0, 1, 9, 19, 39];

/** The optimizer of a case as the published code runs it. */
function transformOf({ optimizer, orthogonal, hyper }: Hyper): Transform {
  const { lr, betas, eps, momentum, weight_decay } = hyper;
  const step =
    optimizer === 'SGD'
      ? sgd({ learningRate: lr, momentum, weightDecay: weight_decay })
      : adamW({
          learningRate: lr,
          beta1: betas?.[0],
          beta2: betas?.[1],
          epsilon: eps,
          weightDecay: weight_decay,
        });
  return orthogonal ? chain(orthograd(), step) : step;
}

describeOnBackends('training on modular addition', (backend) => {
  // Shader arithmetic divides and takes roots and exponentials less exactly than IEEE asks for.
  const slack = backend === 'webgl' || backend === 'webgpu' ? 100 : 1;

  it.each(cases)(
    'follows the published code step by step: $name',
    async ({ inputs, hyper, expected, tolerance }) => {
      const pairs = modularArithmetic({ modulus: inputs.p, operation: 'add' });
      const [train, test] = [inputs.train_index, inputs.test_index].map(({ data }) => {
        const examples = selectExamples(pairs, data);
        return { x: oneHotInputs(examples), y: labelTensor(examples) };
      });
      const model = Mlp.of(
        inputs.weights.map(({ data, shape }) => tf.tensor2d(data, shape as [number, number], 'float32')),
      );
      const loss = hyper.loss === 'stablemax' ? sparseStablemaxCrossEntropy : sparseSoftmaxCrossEntropy;
      const optimizer = new TransformOptimizer(transformOf(hyper));

      const [trainLosses, testLosses] = [[] as tf.Scalar[], [] as tf.Scalar[]];
      for (let step = 0; step < hyper.steps; step++) {
        trainLosses.push(
          optimizer.minimize(() => loss(train.y, model.forward(train.x)), true, [...model.weights])!,
        );
        testLosses.push(tf.tidy(() => loss(test.y, model.forward(test.x))));
      }

      // Read asynchronously and all at once: webgpu has no synchronous way that works in every browser.
      const read = async (losses: tf.Scalar[]) => Array.from(await tf.stack(losses).data());
      const [got, gotTest] = [await read(trainLosses), await read(testLosses)];
      const at = (values: ArrayLike<number>) => STEPS_TO_CHECK.map((step) => values[step]);
      const within = (output: string) => {
        const { rtol, atol } = tolerance(output);
        return { rtol: slack * rtol, atol: slack * atol };
      };
      expectClose(at(got), at(expected.train_loss_before_step.data), within('train_loss_before_step'));
      expectClose(at(gotTest), at(expected.test_loss_after_step.data), within('test_loss_after_step'));
      for (const [layer, weight] of model.weights.entries()) {
        expectClose(Math.hypot(...(await weight.data())), expected.final_weight_l2[layer], slack * 1e-4);
      }
      optimizer.dispose();
    },
  );
});
