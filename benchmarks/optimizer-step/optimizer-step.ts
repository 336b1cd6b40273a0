import { parseArgs } from 'node:util';
import { grokAdamW } from '@evenkeel/grokadamw';
import { adamW, chain, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { type Engine, interleaved } from '../src/interleaved.js';
import { Remote } from '../src/remote.js';
import { startTorch } from '../src/torch.js';
import { enginesNamed, installEngine, uninstallEngine } from '../src/wasm-engines.js';

const CASE = 'optimizer-step-10.6M';

/** Six transformer blocks, 384 wide: the shapes of `adamw-step-10.6M` in the PyTorch yardstick. */
const SHAPES = Array.from({ length: 6 }, () => [
  [384, 1152],
  [384, 384],
  [384, 1536],
  [1536, 384],
  [384],
  [384],
]).flat();

const OPTIMIZERS: Readonly<Record<string, () => tf.Optimizer>> = {
  'tf.train.adam': () => tf.train.adam(1e-3),
  adamW: () => new TransformOptimizer(adamW({ learningRate: 1e-3 })),
  grokAdamW: () => new TransformOptimizer(grokAdamW({ learningRate: 1e-3 })),
  'grokAdamW, no clip': () => new TransformOptimizer(grokAdamW({ learningRate: 1e-3, maxGradNorm: 0 })),
  'orthograd + adamW': () => new TransformOptimizer(chain(orthograd(), adamW({ learningRate: 1e-3 }))),
};

/** How long one optimizer step takes on the wasm backend, against stock `tf.train.adam`, which comes first. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '15' },
      engines: { type: 'string', default: 'evenkeel,evenkeel+blas' },
    },
  });
  const installed = enginesNamed(values.engines);
  await tf.setBackend('wasm');
  const gradients = SHAPES.map((shape) => tf.randomNormal(shape));
  const parameters = gradients.reduce((total, { size }) => total + size, 0);
  const torch = await startTorch(new URL('./torch-adamw.py', import.meta.url));
  try {
    if (!(torch instanceof Remote)) yield torch;
    const engines = [
      ...Object.entries(OPTIMIZERS).flatMap(([name, create]) => [
        engine(name, create(), gradients, uninstallEngine),
        ...installed.map((each) =>
          engine(`${name}, ${each}`, create(), gradients, () => installEngine(each)),
        ),
      ]),
      ...(torch instanceof Remote ? [torch.time(CASE)] : []),
    ];
    for (const timing of await interleaved(engines, { rounds: Number(values.rounds) })) {
      yield { case: CASE, backend: 'wasm', parameters, ...timing };
    }
  } finally {
    uninstallEngine();
    if (torch instanceof Remote) torch.stop();
  }
}

/** Steps parameters of its own; all share the gradients. */
function engine(
  name: string,
  optimizer: tf.Optimizer,
  gradients: readonly tf.Tensor[],
  prepare: () => unknown,
): Engine {
  const params = gradients.map(({ shape }) => tf.variable(tf.randomNormal(shape)));
  const named = params.map((param, i) => ({ name: param.name, tensor: gradients[i] }));
  return { engine: name, prepare: () => prepare(), work: () => optimizer.applyGradients(named) };
}
