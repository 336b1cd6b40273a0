import { GPT_PRESETS, type GPTConfig } from '@evenkeel/gpt-model';

/** Everything that decides a measurement, apart from text and seed. */
export interface Settings {
  /** A preset of @evenkeel/gpt-model, on characters, with another width. */
  preset: 'tiny';
  width: number;
  /** Steps of each twin. */
  steps: number;
  batchSize: number;
  learningRate: number;
  /** Points of a path. */
  alphas: number;
  /** Characters of each split on which a point is measured, and by which activations are matched. */
  measured: number;
}

export const configOf = ({ preset, width }: Settings, vocabSize: number): GPTConfig => ({
  ...GPT_PRESETS[preset],
  width,
  mlpWidth: 4 * width,
  vocabSize,
});
