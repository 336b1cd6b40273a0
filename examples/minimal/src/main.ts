// A toy GPT-2 learns a poem by heart, with StableMax and ⊥Grad: a whole training, from a text to a sample, in sixty lines.
//
//   npm run example -- minimal --help

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { characterTokenizer, TokenDataset, tokenize } from '@evenkeel/data';
import { whole } from '@evenkeel/example-common/arguments';
import { outFolder, outHelp } from '@evenkeel/example-common/out-folder';
import { plotLines } from '@evenkeel/example-common/plot';
import { POEM } from '@evenkeel/example-common/poem';
import { NO_BLAS, startBackend } from '@evenkeel/example-common/start-backend';
import { GPT, GPT_PRESETS, generate } from '@evenkeel/gpt-model';
import { adamW, chain, isMatrix, masked, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';

const { steps, ...given } = new Command('minimal')
  .description(
    'Teaches a toy GPT-2 a poem with StableMax and ⊥Grad. Change the text, the model or the optimizer in main.ts',
  )
  .option('--steps <n>', 'training steps', whole, 600)
  .option('--no-blas', NO_BLAS)
  .option('--smoke', 'only a few steps, to see whether it runs')
  .option('--out <folder>', outHelp('minimal', 'where losses.json and losses.svg go'))
  .parse()
  .opts();
const out = outFolder('minimal', given);
await startBackend('wasm', given);

// The text as numbers, and numbers as batches.
const text = readFileSync(POEM, 'utf8');
const tokenizer = characterTokenizer(text);
const data = await TokenDataset.open(await tokenize(text, { tokenizer }), {
  contextLength: 32,
  batchSize: 16,
  seed: 1,
});

// The model; its head turns logits into probabilities by StableMax when it writes.
const size = { vocabSize: tokenizer.vocabSize, contextLength: 32, layers: 2, width: 64 };
const model = new GPT({ ...GPT_PRESETS.toy, ...size, head: 'stablemax' }, { seed: 1 });

// AdamW, which gets each gradient without the part that would only make the weights larger.
const optimizer = new TransformOptimizer(
  chain(masked(orthograd(), isMatrix), adamW({ learningRate: 0.003 })),
);

const losses: number[] = [];
for (let step = 1; step <= (given.smoke ? 60 : steps); step++) {
  const { inputs, targets } = await data.batch();
  const loss = () => sparseStablemaxCrossEntropy(targets, model.forward(inputs));
  const value = optimizer.minimize(loss, true, model.variables)!;
  losses.push((await value.data())[0]);
  tf.dispose([inputs, targets, value]);
  if (step % 20 === 0) console.log(`step ${step}: loss ${losses.at(-1)!.toFixed(3)}`);
}

let said = 'A ship';
const prompt = tokenizer.encode(said);
for await (const token of generate(model, prompt, { maxTokens: 120, temperature: 0.5, seed: 1 })) {
  said += tokenizer.decode([token]);
}
console.log(`\n${said}\n`);

mkdirSync(out, { recursive: true });
const points = losses.map((y, i) => ({ line: 'StableMax, ⊥Grad, AdamW', x: i + 1, y }));
writeFileSync(join(out, 'losses.json'), `${JSON.stringify({ losses, said })}\n`);
writeFileSync(join(out, 'losses.svg'), plotLines(points, { x: 'step', y: 'nats per character' }));
console.log(`loss ${losses[0].toFixed(2)} → ${losses.at(-1)!.toFixed(2)}; plot: ${join(out, 'losses.svg')}`);
