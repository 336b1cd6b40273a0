import { GPT_PRESETS } from '@evenkeel/gpt-model';

/** Everything that decides an analysis, apart from text and seed. */
export interface Settings {
  /** A preset of @evenkeel/gpt-model, on characters. */
  preset: 'tiny';
  /** Steps of each twin, those before the fork included. */
  steps: number;
  /** Where twins are forked, as shares of `steps`. */
  forks: readonly number[];
  /** Twins are also forked from the trained model and trained on for so many steps more, as share of `steps`. */
  fineTune: number;
  batchSize: number;
  learningRate: number;
  /** Points of the path. */
  alphas: number;
  /** Characters of each split on which a point is measured. */
  measured: number;
}

export const configOf = ({ preset }: Settings, vocabSize: number) => ({ ...GPT_PRESETS[preset], vocabSize });
