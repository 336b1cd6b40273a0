import { parseArgs } from 'node:util';
import {
  embeddingNormCap,
  exactSpectralCap,
  type MatrixConstraint,
  modulaMuon,
  spectralCap,
  spectralHammer,
  spectralNormalize,
  spectralSoftCap,
  spectralWeightDecay,
} from '@evenkeel/lipschitz';
import { type StepBound, TransformOptimizer } from '@evenkeel/optim';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { createBatches } from '../gpt-step/batches.js';
import { CASES } from '../gpt-step/cases.js';
import { evenkeelTrainer } from '../gpt-step/steps.js';
import { type Engine, interleaved } from '../src/interleaved.js';

const CASE = 'gpt-6x384';

/** The matrices of six blocks, 384 wide: query, key, value, output, and the two of the MLP. */
const SHAPES = Array.from({ length: 6 }, () => [
  ...Array.from({ length: 4 }, () => [384, 384]),
  [1536, 384],
  [384, 1536],
]).flat();

/** What `modulaMuon({ learningRate: 0.1 })` promises. */
const stepBound = ([fanOut, fanIn]: number[]): StepBound => ({
  keep: 1,
  update: 0.1 * Math.sqrt(fanOut / fanIn),
});

/** How long it takes to constrain all matrices once, as a share of a training step of that model, which comes first. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: { rounds: { type: 'string', default: '5' }, exact: { type: 'boolean', default: false } },
  });
  await tf.setBackend('wasm');
  await installWasmKernels();
  const size = CASES[CASE];
  const trainer = evenkeelTrainer(size, 'constraints');
  const [batch] = createBatches(size, 1);
  try {
    const engines: Engine[] = [
      { engine: 'training step', work: () => trainer.step(batch.tokens, batch.labels) },
      { engine: 'modulaMuon, all matrices', work: muonStep() },
      engine('spectralSoftCap behind muon', spectralSoftCap(), stepBound),
      engine('spectralSoftCap behind adamW', spectralSoftCap()),
      engine('spectralCap', spectralCap()),
      engine('spectralHammer', spectralHammer()),
      engine('spectralNormalize', spectralNormalize()),
      engine('spectralWeightDecay', spectralWeightDecay({ weightDecay: 0.01 })),
      engine('embeddingNormCap', embeddingNormCap()),
      ...(values.exact ? [engine('exactSpectralCap', exactSpectralCap())] : []),
    ];
    for (const timing of await interleaved(engines, { rounds: Number(values.rounds), warmup: 1 })) {
      yield { case: CASE, backend: 'wasm', ...timing };
    }
  } finally {
    uninstallWasmKernels();
  }
}

/** One step of the optimizer that the soft cap is meant for, on the same matrices. */
function muonStep(): () => number {
  const weights = SHAPES.map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.05)));
  const gradients = weights.map(({ name, shape }) => ({ name, tensor: tf.randomNormal(shape) }));
  const optimizer = new TransformOptimizer(modulaMuon());
  return () => {
    optimizer.applyGradients(gradients);
    return weights[0].dataSync()[0];
  };
}

/** Constrains weights of its own, as the optimizer does after each step. */
function engine(
  name: string,
  constraint: MatrixConstraint,
  boundOf?: (shape: number[]) => StepBound,
): Engine {
  const weights = SHAPES.map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.05)));
  const work = () => {
    for (const weight of weights) {
      tf.tidy(() =>
        weight.assign(
          constraint(tf.mul(weight, 1.05), weight, {
            count: 0,
            params: {},
            stepBoundOf: () => boundOf?.(weight.shape),
          }),
        ),
      );
    }
    return weights[0].dataSync()[0];
  };
  return { engine: name, work };
}
