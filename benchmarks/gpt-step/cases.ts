/** Size of a GPT-2 style model and of its batches. */
export interface Size {
  layers: number;
  heads: number;
  width: number;
  context: number;
  vocabulary: number;
  batch: number;
}

/** The steps to time, under the names of the PyTorch yardstick. */
export const CASES: Readonly<Record<string, Size>> = {
  'gpt-4x128': { layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, batch: 16 },
  'gpt-6x384': { layers: 6, heads: 6, width: 384, context: 256, vocabulary: 65, batch: 8 },
};
