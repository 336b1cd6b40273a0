import type { FineTuningOptions } from './fine-tuning-options.js';

/** What of a model learns. */
export type Choice = Pick<FineTuningOptions, 'lora' | 'blocks' | 'full'>;

/** @throws If choices exclude each other. */
export function checkChoice({ blocks, full }: Choice): void {
  if (!(blocks && full)) return;
  throw new Error('fine-tuning: --blocks and --full came together, expected one of them. Leave one out.');
}

/** Which parameters are not trained, and stay as they are published, outside of tfjs's memory. */
export function frozenParameters({ lora, blocks, full }: Choice, layers: number): (name: string) => boolean {
  if (full || (!blocks && !lora)) return () => false;
  if (!blocks) return () => true;
  if (blocks > layers) {
    throw new Error(
      `fine-tuning: --blocks is ${blocks}, expected at most the model's ${layers}. Take --full for everything.`,
    );
  }
  return (name) => {
    const block = /^blocks\.(\d+)\./.exec(name)?.[1];
    return block === undefined ? !/^(norm|head)\./.test(name) : Number(block) < layers - blocks;
  };
}
