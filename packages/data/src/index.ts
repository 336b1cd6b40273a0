// Tasks.

export {
  type ModularArithmeticOptions,
  type ModularExamples,
  modularArithmetic,
  type Operation,
} from './modular-arithmetic.js';
export { type ParityExamples, type SparseParityOptions, sparseParity } from './sparse-parity.js';

// The form they share, and taking parts of it.

export { type Examples, hashOfExamples } from './examples.js';
export { selectExamples } from './select-examples.js';
export { type Split, type SplitOptions, trainTestSplit } from './train-test-split.js';

// Tensors for plain networks.

export { bitInputs } from './bit-inputs.js';
export { labelTensor, oneHotLabels } from './labels.js';
export { oneHotInputs } from './one-hot-inputs.js';

// Tensors for transformers.

export { type TokenTargetsOptions, tokenSequences, tokenTargets, vocabulary } from './token-sequences.js';

// Text as tokens.

export { type CharacterTokenizer, characterTokenizer, characterTokenizerOf } from './character-tokenizer.js';
export { gpt2Tokenizer } from './gpt2-tokenizer.js';
export type { SpecialTokens } from './special-tokens.js';
export { type StreamingDecoder, streamingDecoder } from './streaming-decoder.js';
export type { TextSource } from './text-source.js';
export { type TokenStoreOptions, tokenStore } from './token-store.js';
export { type TokenizeOptions, tokenize } from './tokenize.js';
export type { Tokenizer } from './tokenizer.js';
export { tokenizerFromFolder } from './tokenizer-from-folder.js';
export {
  type PublishedTokenizer,
  type PublishedTokenizerOptions,
  type TokenizerFiles,
  tokenizerFromFiles,
  tokenizerFromJson,
} from './tokenizer-from-json.js';
export { tokenizerToJson } from './tokenizer-to-json.js';
export type { EncodeOptions, TokenizeProgress } from './write-tokens.js';

// Positions in data, for sources of batches of one's own.

export { checkBelongs, checkDrawn } from './position.js';

// Batches of tokens.

export type { ByteSource, Bytes } from '@evenkeel/files';
export type { BatchOptions } from './batch-options.js';
export { type AddSidecarOptions, addSidecar } from './foreign-tokens.js';
export type { Sidecar } from './sidecar.js';
export {
  type TokenBatch,
  TokenDataset,
  type TokenDatasetOptions,
  type TokenDatasetState,
} from './token-dataset.js';
export { readSidecar, type TokenFileParts } from './token-file.js';
export type { WindowOrder } from './window-order.js';

// Instructions.

export { alpacaPrompt, type Instruction } from './alpaca-prompt.js';
export type { Chat, Conversation, Message } from './chat.js';
export { chatTemplate } from './chat-template.js';
export {
  type InstructionDataset,
  type InstructionDatasetOptions,
  type InstructionDatasetState,
  instructionDataset,
} from './instruction-dataset.js';
export { readInstructions } from './instruction-records.js';
export type { InstructionLengths } from './instruction-rows.js';
