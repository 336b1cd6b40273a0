import type { AnyTarget } from '../target.js';

/** What is fuzzed, by name. Each is loaded by the thread that needs it. */
export const targets: Readonly<Record<string, () => Promise<AnyTarget>>> = {
  safetensors: async () => (await import('./safetensors.js')).safetensors,
  'safetensors-index': async () => (await import('./safetensors.js')).sharded,
  model: async () => (await import('./model.js')).model,
  'published-config': async () => (await import('./model.js')).publishedConfig,
  'model-config': async () => (await import('./model.js')).config,
  adapter: async () => (await import('./model.js')).adapter,
  tokenizer: async () => (await import('./tokenizer.js')).tokenizer,
  tokens: async () => (await import('./data.js')).tokens,
  instructions: async () => (await import('./data.js')).instructions,
  position: async () => (await import('./data.js')).position,
  'run-config': async () => (await import('./run.js')).config,
  'run-file': async () => (await import('./run.js')).runFile,
  checkpoint: async () => (await import('./checkpoint.js')).checkpoint,
  'forged-checkpoint': async () => (await import('./checkpoint.js')).forgedCheckpoint,
  'run-archive': async () => (await import('./run-archive.js')).runArchive,
  kernels: async () => (await import('./kernels.js')).kernels,
};
