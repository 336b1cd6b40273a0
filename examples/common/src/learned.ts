import { join } from 'node:path';
import { type GPT, Lora } from '@evenkeel/gpt-model';
import type { Variable } from '@tensorflow/tfjs';
import { type Checkpoint, saveCheckpoint, writeFiles } from './checkpoint.js';
import type { FineTuningOptions } from './fine-tuning-options.js';
import type { Choice } from './frozen-parameters.js';

/** What of a published model learns: adapters, its last blocks, or everything. */
export interface Learned {
  readonly variables: readonly Variable[];
  /** Writes what was learnt into a folder: an adapter, or the whole model. Returns where. */
  save(out: string, dtype: FineTuningOptions['dtype']): Promise<string>;
}

/** Chooses what learns. A model with adapters computes with them from now on. */
export function learnedOf(checkpoint: Checkpoint, { lora: rank, blocks, full }: Choice): Learned {
  const { model } = checkpoint;
  if (full || blocks || !rank) {
    return {
      variables: model.variables,
      async save(out, dtype) {
        const folder = join(out, 'model');
        await saveCheckpoint(folder, checkpoint, dtype);
        return folder;
      },
    };
  }
  const lora = new Lora(model, { rank, alpha: 2 * rank });
  lora.attach();
  return {
    variables: lora.variables,
    async save(out) {
      const folder = join(out, 'adapter');
      await lora.save(folder);
      await writeFiles(folder, checkpoint.tokenizerFiles);
      return folder;
    },
  };
}

/** How many numbers learn, of how many. */
export function sharesOf(model: GPT, { variables }: Learned): string {
  const count = variables.reduce((sum, { size }) => sum + size, 0);
  return `${count.toLocaleString('en')} of ${model.parameterCount.toLocaleString('en')} numbers learn`;
}
