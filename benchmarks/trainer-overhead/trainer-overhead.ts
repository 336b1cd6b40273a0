import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markOf } from '@evenkeel/files';
import { GPT } from '@evenkeel/gpt-model';
import { AdamW } from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { train } from '@evenkeel/trainer';
import { installWasmKernels, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { CASES } from '../gpt-step/cases.js';
import { type Engine, interleaved } from '../src/interleaved.js';

/** What `train` costs beside the steps themselves: as many steps with it, and in a bare loop; and what of a checkpoint is hashing. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '9' },
      steps: { type: 'string', default: '20' },
      case: { type: 'string', default: 'gpt-4x128' },
      'log-every': { type: 'string', default: '10' },
    },
  });
  await tf.setBackend('wasm');
  await installWasmKernels();
  const steps = Number(values.steps);
  const { batch, context, vocabulary, layers, heads, width } = CASES[values.case];
  const row = (offset: number) =>
    tf.tidy(() => tf.randomUniform([batch, context], 0, vocabulary, 'int32', offset + 1));
  const batches = Array.from({ length: 8 }, (_, i) => ({ inputs: row(2 * i), targets: row(2 * i + 1) }));
  const create = () => ({
    model: new GPT({
      architecture: 'gpt2',
      vocabSize: vocabulary,
      contextLength: context,
      layers,
      heads,
      width,
    }),
    optimizer: new AdamW({ learningRate: 1e-3 }),
    loss: (targets: tf.Tensor, logits: tf.Tensor) => sparseSoftmaxCrossEntropy(targets, logits),
  });
  const [bare, trained] = [create(), create()];
  const engines: Engine[] = [
    {
      engine: 'bare loop',
      work() {
        for (let step = 0; step < steps; step++) {
          const { inputs, targets } = batches[step % batches.length];
          bare.optimizer.minimize(
            () => bare.loss(targets, bare.model.forward(inputs)) as tf.Scalar,
            false,
            bare.model.variables,
          );
        }
      },
    },
    {
      engine: 'train',
      work: () => train({ ...trained, data: batches, steps, logEvery: Number(values['log-every']) }),
    },
  ];
  const directory = await mkdtemp(join(tmpdir(), 'trainer-overhead-'));
  try {
    const timings = await interleaved(engines, { rounds: Number(values.rounds), repetitions: 1, warmup: 2 });
    for (const timing of timings) yield { case: `trainer-overhead-${values.case}`, steps, ...timing };
    const checkpoints = await interleaved(checkpointEngines({ ...trained, data: batches }, directory), {
      rounds: Number(values.rounds),
      warmup: 1,
    });
    for (const timing of checkpoints) yield { case: `checkpoint-${values.case}`, ...timing };
  } finally {
    uninstallWasmKernels();
    await rm(directory, { recursive: true });
  }
}

/** A run of one step that saves, the same without, and hashing what was saved. */
function checkpointEngines(
  options: Parameters<typeof train>[0] & { data: unknown },
  directory: string,
): Engine[] {
  const files = ['weights.safetensors', 'optimizer.safetensors', 'state.json'];
  const step = (rest: object) => train({ ...options, steps: 1, ...rest } as Parameters<typeof train>[0]);
  return [
    { engine: 'one step and a checkpoint', work: () => step({ checkpoint: { directory } }) },
    { engine: 'one step', work: () => step({}) },
    {
      engine: 'hashes of the checkpoint',
      async work() {
        for (const file of files) await markOf('bench', join(directory, 'step-00000001', file));
      },
    },
  ];
}
