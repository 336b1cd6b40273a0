/** Model types whose `config.json` and tensor names are understood, and `evenkeel`, for models that have no published layout. */
export const MODEL_TYPES = [
  'gpt2',
  'llama',
  'mistral',
  'mixtral',
  'qwen2',
  'phi3',
  'gemma',
  'stablelm',
  'evenkeel',
] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

/** Choices of ours that a published config has no place for: they are kept under `evenkeel` in it. */
export const OURS = ['head', 'expandHead', 'dropout', 'checkpointing'] as const;
