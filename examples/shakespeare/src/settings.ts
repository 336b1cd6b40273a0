/** Everything that decides a run, apart from the text. */
export interface Settings {
  layers: number;
  heads: number;
  width: number;
  /** How many characters the model sees at once. */
  contextLength: number;
  /** How many pieces of text a step learns from. */
  batchSize: number;
  steps: number;
  optimizer: 'muon' | 'adamw';
  /** Largest step size: of Muon for the matrices, or of AdamW. */
  learningRate: number;
  /** Share of entries left out in training. */
  dropout: number;
  /** Decides the first weights, the order of the text and the samples. */
  seed: number;
  /** Steps between two looks at the validation text, each with a sample. */
  evaluateEvery: number;
}

/** What reaches a validation loss of 1.70 within a quarter of an hour on two cores. */
export const SETTINGS: Settings = {
  layers: 4,
  heads: 4,
  width: 128,
  contextLength: 128,
  batchSize: 8,
  steps: 900,
  optimizer: 'muon',
  learningRate: 0.02,
  dropout: 0,
  seed: 1,
  evaluateEvery: 100,
};

/** What takes seconds. */
export const SMOKE: Partial<Settings> = {
  layers: 1,
  heads: 2,
  width: 32,
  contextLength: 32,
  steps: 60,
  evaluateEvery: 30,
};
