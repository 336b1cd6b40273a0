import { adamW, chain, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';

/** Six transformer blocks, 384 wide: the shapes of `adamw-step-10.6M` in the PyTorch yardstick. */
const SHAPES = Array.from({ length: 6 }, () => [
  [384, 1152],
  [384, 384],
  [384, 1536],
  [1536, 384],
  [384],
  [384],
]).flat();

/** How long one optimizer step takes on the wasm backend, against `tf.train.adam`, which comes first. */
export async function* run(): AsyncGenerator<object> {
  await tf.setBackend('wasm');
  const optimizers: Record<string, tf.Optimizer> = {
    'tf.train.adam': tf.train.adam(1e-3),
    adamW: new TransformOptimizer(adamW({ learningRate: 1e-3 })),
    'orthograd + adamW': new TransformOptimizer(chain(orthograd(), adamW({ learningRate: 1e-3 }))),
  };
  const gradients = SHAPES.map((shape) => tf.randomNormal(shape));
  const parameters = SHAPES.reduce((total, shape) => total + tf.util.sizeFromShape(shape), 0);

  const engines = Object.entries(optimizers).map(([engine, optimizer]) => {
    const params = SHAPES.map((shape) => tf.variable(tf.randomNormal(shape)));
    const named = params.map(({ name }, i) => ({ name, tensor: gradients[i] }));
    return { engine, work: () => optimizer.applyGradients(named) };
  });
  for (const timing of await interleaved(engines)) {
    yield { case: 'optimizer-step-10.6M', backend: 'wasm', parameters, ...timing };
  }
}
