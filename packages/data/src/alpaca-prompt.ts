/** An instruction as in Alpaca's data. */
export interface Instruction {
  readonly instruction: string;
  /** What the instruction is about; empty, null or left out if it stands alone. */
  readonly input?: string | null;
  /** The response to learn. */
  readonly output: string;
}

/**
 * The prompt that Alpaca was trained on, ending where the response begins.
 *
 * Generate from a trained model with the same prompt.
 *
 * @see Taori et al., "Stanford Alpaca", 2023, `train.py`. https://github.com/tatsu-lab/stanford_alpaca
 */
export function alpacaPrompt({ instruction, input }: Omit<Instruction, 'output'>): string {
  return !input
    ? 'Below is an instruction that describes a task. ' +
        'Write a response that appropriately completes the request.\n\n' +
        `### Instruction:\n${instruction}\n\n### Response:`
    : 'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        'Write a response that appropriately completes the request.\n\n' +
        `### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:`;
}
