import { Command, Option } from 'commander';
import { positive, whole } from './arguments.js';
import { outHelp } from './out-folder.js';
import { BACKENDS, type BackendName, NO_BLAS } from './start-backend.js';

export interface FineTuningOptions {
  model: string;
  steps: number;
  batchSize: number;
  accumulate: number;
  contextLength: number;
  learningRate: number;
  weightDecay: number;
  /** Rank of an adapter that learns in the model's place; 0: none. */
  lora: number;
  blocks?: number;
  full?: boolean;
  randomWeights?: boolean;
  keep?: boolean;
  stablemax: boolean;
  orthograd: boolean;
  gradientCheckpointing: boolean;
  seed: number;
  saveEvery: number;
  resume?: boolean;
  dtype: 'F32' | 'F16' | 'BF16';
  backend: BackendName;
  blas: boolean;
  smoke?: boolean;
  out: string;
}

const number = (text: string): number => (text === '0' ? 0 : positive(text));

/** The command line of an example that trains a published model further. */
export function fineTuningCommand(name: string, defaults: Partial<FineTuningOptions>): Command {
  return new Command(name)
    .option('--model <place>', 'a directory with config.json and safetensors, or a hub id', defaults.model)
    .option('--steps <n>', 'optimizer steps', whole, defaults.steps)
    .option('--batch-size <n>', 'rows that are computed at once', whole, defaults.batchSize)
    .option('--accumulate <n>', 'batches whose gradients make a step', whole, defaults.accumulate)
    .option('--context-length <n>', 'tokens of a row', whole, defaults.contextLength)
    .option('--learning-rate <x>', 'largest step size', positive, defaults.learningRate)
    .option('--weight-decay <x>', 'of AdamW, decoupled', number, 0)
    .option('--lora <rank>', 'train adapters of this rank in the place of the model', whole, defaults.lora)
    .option('--blocks <n>', 'train the last so many blocks and what follows, in the place of adapters', whole)
    .option('--full', 'train everything, in the place of adapters')
    .option(
      '--random-weights',
      'no published model, but random weights of its exact shape: to see what it costs',
    )
    .option('--keep', 'keep the folder of --random-weights')
    .option('--no-stablemax', 'softmax in the place of StableMax')
    .option('--no-orthograd', 'gradients as they are')
    .option('--no-gradient-checkpointing', 'keep all activations: faster by a quarter, more memory')
    .option('--seed <n>', 'order of the data, samples', whole, 1)
    .option('--save-every <n>', 'steps between two checkpoints', whole, 50)
    .option('--resume', 'go on from the last checkpoint in --out')
    .addOption(
      new Option('--dtype <name>', 'of the saved model').choices(['F32', 'F16', 'BF16']).default('F32'),
    )
    .addOption(new Option('--backend <name>', 'what computes').choices([...BACKENDS]).default('wasm'))
    .option('--no-blas', NO_BLAS)
    .option('--smoke', 'a tiny model that the example writes itself: everything in seconds')
    .option('--out <folder>', outHelp(name, 'where model, checkpoints, losses and plot go'));
}
