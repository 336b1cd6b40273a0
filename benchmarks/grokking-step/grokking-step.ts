import { labelTensor, modularArithmetic, oneHotInputs, trainTestSplit } from '@evenkeel/data';
import { linear } from '@evenkeel/ops';
import { adamW, chain, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';

const WIDTHS = [226, 200, 200, 113];

/** One step of the grokking example in its published setting, with tfjs's own kernels and with ours. */
export async function* run(): AsyncGenerator<object> {
  await tf.setBackend('wasm');
  const { train } = trainTestSplit(modularArithmetic({ modulus: 113 }), { trainFraction: 0.4, seed: 1 });
  const [x, labels] = [oneHotInputs(train), labelTensor(train)];
  const weights = WIDTHS.slice(1).map((outputs, i) =>
    tf.variable(tf.randomNormal([outputs, WIDTHS[i]], 0, 0.05)),
  );
  const optimizer = new TransformOptimizer(chain(orthograd(), adamW({ learningRate: 0.01 })));
  const forward = () =>
    weights.reduce<tf.Tensor>((h, weight, layer) => linear(layer === 0 ? h : tf.relu(h), weight), x);
  const work = () => optimizer.minimize(() => sparseSoftmaxCrossEntropy(labels, forward()), false, weights);

  const timings = await interleaved([
    { engine: 'stock', prepare: uninstallWasmKernels, work },
    { engine: 'evenkeel', prepare: installWasmKernels, work },
  ]);
  for (const timing of timings) yield { case: 'grokking-step', backend: 'wasm', ...timing };
}
