import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { writeModelManifest } from '@evenkeel/gpt-model';
import { type Lazy, saveSafetensors } from '@evenkeel/safetensors';
import * as tf from '@tensorflow/tfjs';

/** A Llama of 266 million parameters, 533 MB in BF16. */
const CONFIG = {
  model_type: 'llama',
  vocab_size: 32_000,
  max_position_embeddings: 512,
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 12,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  tie_word_embeddings: false,
};

/** How fast a checkpoint loads, and how much memory that takes, in a process of its own. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: { rounds: { type: 'string', default: '3' }, backend: { type: 'string', default: 'wasm' } },
  });
  const directory = await mkdtemp(join(tmpdir(), 'load-'));
  try {
    await tf.setBackend('cpu');
    await writeFile(join(directory, 'config.json'), JSON.stringify(CONFIG));
    await saveSafetensors(join(directory, 'model.safetensors'), tensors(), { dtype: 'BF16' });
    await writeModelManifest(directory, ['config.json', 'model.safetensors']);
    const { size } = await stat(join(directory, 'model.safetensors'));
    for (let round = 0; round < Number(values.rounds); round++) {
      let unverified: number | undefined;
      for (const verify of [false, true]) {
        const child = new URL('./load-once.ts', import.meta.url).pathname;
        const args = [...process.execArgv, child, directory, values.backend, String(verify)];
        const { stdout } = await promisify(execFile)(process.execPath, args);
        const { wallMs, cpuMs, weights, before, peak } = JSON.parse(stdout);
        unverified ??= cpuMs as number;
        yield {
          case: 'load-bf16-533MB',
          backend: values.backend,
          verify,
          wallMs,
          cpuMs,
          ratio: Number((cpuMs / unverified).toFixed(3)),
          megabytesPerSecond: Math.round(size / 1e3 / wallMs),
          weightsMiB: toMiB(weights),
          peakMiB: toMiB(peak - before),
          peakPerWeights: Number(((peak - before) / weights).toFixed(3)),
        };
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

const toMiB = (bytes: number) => Math.round(bytes / 2 ** 20);

/** The tensors of the checkpoint, each made when it is written. */
function tensors(): Record<string, Lazy> {
  const lazy = (...shape: number[]): Lazy => ({
    dtype: 'float32',
    shape,
    make: () => tf.fill(shape, 0.01),
  });
  const { hidden_size: width, intermediate_size: wide, vocab_size: tokens } = CONFIG;
  const layer = (i: number) => {
    const square = ['q', 'k', 'v', 'o'].map(
      (part) => [`self_attn.${part}_proj`, lazy(width, width)] as const,
    );
    const mlp = [
      ['mlp.gate_proj', lazy(wide, width)],
      ['mlp.up_proj', lazy(wide, width)],
      ['mlp.down_proj', lazy(width, wide)],
    ] as const;
    const norms = ['input_layernorm', 'post_attention_layernorm'].map((name) => [name, lazy(width)] as const);
    return [...square, ...mlp, ...norms].map(
      ([name, tensor]) => [`model.layers.${i}.${name}.weight`, tensor] as const,
    );
  };
  return Object.fromEntries([
    ['model.embed_tokens.weight', lazy(tokens, width)],
    ...Array.from({ length: CONFIG.num_hidden_layers }, (_, i) => layer(i)).flat(),
    ['model.norm.weight', lazy(width)],
    ['lm_head.weight', lazy(tokens, width)],
  ]);
}
