import { parseArgs } from 'node:util';
import { GPT, GPT_PRESETS, type GPTConfig, generate } from '@evenkeel/gpt-model';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { type Engine, interleaved } from '../src/interleaved.js';
import { enginesNamed, installEngine, uninstallEngine, type WasmEngine } from '../src/wasm-engines.js';

interface Case {
  config: GPTConfig;
  /** Tokens that are there, and that come. */
  prompt: number;
  tokens: number;
  /** Whether to time reading everything anew for each token, too. */
  withoutCache: boolean;
}

const size = { vocabSize: 65, contextLength: 257, layers: 4, heads: 4, width: 128 };
const small = { prompt: 1, tokens: 256, withoutCache: true };
const CASES: Record<string, Case> = {
  'generate-gpt2-4x128': { config: { ...size, architecture: 'gpt2' }, ...small },
  'generate-llama-4x128': { config: { ...size, architecture: 'llama', mlpWidth: 344 }, ...small },
  'generate-gpt2-124M': { config: GPT_PRESETS.gpt2, prompt: 64, tokens: 32, withoutCache: false },
};

/** How many tokens a second come out, with the key–value cache and reading everything anew for each token? */
export async function* run(options: readonly string[]): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      stock: { type: 'boolean', default: false },
      case: { type: 'string' },
      engines: { type: 'string', default: 'evenkeel,evenkeel+blas' },
      rounds: { type: 'string' },
    },
  });
  const { stock } = values;
  const names = values.case === undefined ? Object.keys(CASES) : [values.case];
  const unknown = names.find((name) => !(name in CASES));
  if (unknown !== undefined) {
    throw new Error(`generate: --case is '${unknown}', expected one of ${Object.keys(CASES).join(', ')}.`);
  }
  await tf.setBackend('wasm');
  for (const name of names) {
    const { config, prompt, tokens, withoutCache } = CASES[name];
    const model = new GPT(config, { seed: 1 });
    const begin = Array.from({ length: prompt }, (_, i) => (7 * i + 1) % config.vocabSize!);
    const speak = (cache: boolean) => async () => {
      for await (const _ of generate(model, begin, { maxTokens: tokens, seed: 1, cache }));
    };
    const engines = (stock ? ['stock'] : enginesNamed(values.engines)).flatMap((engine): Engine[] => {
      const prepare = () => (stock ? uninstallEngine() : installEngine(engine as WasmEngine));
      return [
        ...(withoutCache ? [{ engine: `${engine}, no cache`, prepare, work: speak(false) }] : []),
        { engine, prepare, work: speak(true) },
      ];
    });
    const rounds = Number(values.rounds ?? (stock ? 3 : 5));
    for (const timing of await interleaved(engines, { rounds, warmup: 1 })) {
      const tokensPerSecond = Number(((1000 * tokens) / timing.cpuMs).toPrecision(3));
      yield { case: name, backend: 'wasm', ...timing, tokensPerSecond };
    }
    model.dispose();
    uninstallEngine();
  }
}
