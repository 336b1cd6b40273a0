// @genai-fi/nanogpt carries its own tfjs, which offers cpu, webgl and webgpu. In Node it stops at this import.

import { models, TeachableLLM } from '@genai-fi/nanogpt';

/** @throws As the package does, if it loads at all: it has no wasm backend to select. */
export async function create() {
  await TeachableLLM.selectBackend('wasm');
  throw new Error(`no step is written for its models (${Object.keys(models).join(', ')})`);
}
