import { GPT, type GPTConfig, generate } from '@evenkeel/gpt-model';
import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { interleaved } from '../src/interleaved.js';

const TOKENS = 256;

const size = { vocabSize: 65, contextLength: 257, layers: 4, heads: 4, width: 128 };
const CASES: Record<string, GPTConfig> = {
  'generate-gpt2-4x128': { ...size, architecture: 'gpt2' },
  'generate-llama-4x128': { ...size, architecture: 'llama', mlpWidth: 344 },
};

/**
 * How many tokens a second come out, with the key–value cache and reading everything anew for each token?
 *
 * @param options `--stock`: with tfjs's own kernels, several minutes.
 */
export async function* run(options: readonly string[]): AsyncGenerator<object> {
  const stock = options.includes('--stock');
  await tf.setBackend('wasm');
  if (!stock) await installWasmKernels();
  for (const [name, config] of Object.entries(CASES)) {
    const model = new GPT(config);
    const speak = (cache: boolean) => async () => {
      for await (const _ of generate(model, [1], { maxTokens: TOKENS, seed: 1, cache }));
    };
    const timings = await interleaved(
      [
        { engine: stock ? 'stock-no-cache' : 'no-cache', work: speak(false) },
        { engine: stock ? 'stock' : 'evenkeel', work: speak(true) },
      ],
      { rounds: stock ? 3 : 5, warmup: 1 },
    );
    for (const timing of timings) {
      const tokensPerSecond = Math.round((1000 * TOKENS) / timing.wallMs);
      const timesNoCache = Number((1 / timing.ratio).toPrecision(3));
      yield { case: name, backend: 'wasm', ...timing, tokensPerSecond, timesNoCache };
    }
    model.dispose();
  }
}
