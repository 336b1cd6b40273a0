// Teaches a published GPT-2 a text of your own, with StableMax and ⊥Grad, and saves it in the layout it was published in.
//
//   npm run example -- finetune-gpt2 --help

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TokenDataset, tokenize } from '@evenkeel/data';
import { openCheckpoint, speak } from '@evenkeel/example-common/checkpoint';
import { fineTune } from '@evenkeel/example-common/fine-tune';
import { type FineTuningOptions, fineTuningCommand } from '@evenkeel/example-common/fine-tuning-options';
import { checkChoice } from '@evenkeel/example-common/frozen-parameters';
import { learnedOf, sharesOf } from '@evenkeel/example-common/learned';
import { outFolder } from '@evenkeel/example-common/out-folder';
import { startBackend } from '@evenkeel/example-common/start-backend';
import { writeGpt2Xl } from './gpt2-xl.js';
import { writeTinyGpt2 } from './tiny-gpt2.js';

type Options = FineTuningOptions & { text?: string; prompt: string };

const command = fineTuningCommand('finetune-gpt2', {
  ...{ model: 'openai-community/gpt2', steps: 100, batchSize: 1, accumulate: 8, contextLength: 128 },
  ...{ learningRate: 5e-5, lora: 0 },
})
  .description('Trains a published GPT-2 further on a text: any size, from a directory or a hub')
  .option('--text <file>', 'what to learn: a text file')
  .option('--prompt <text>', 'what the model continues, before and after', 'The ')
  .addHelpText(
    'after',
    '\nExamples:\n' +
      '  npm run example -- finetune-gpt2 --text letters.txt --prompt "My dear"\n' +
      '  npm run example -- finetune-gpt2 --text letters.txt --model ~/models/gpt2-medium --blocks 4 --no-stablemax\n' +
      'gpt2 has 124 million numbers: 2 GB for weights, gradients and AdamW. Larger ones learn on wasm with --lora 16 or --blocks:\n' +
      'what does not learn stays as it is published, outside of tfjs’s memory. GPT-2 XL without its weights: --random-weights.',
  )
  .parse();
const chosen = command.opts<Options>();
const given: Options = { ...chosen, out: outFolder('finetune-gpt2', chosen) };
checkChoice(given);
if (!given.smoke && !given.text)
  command.error(
    'finetune-gpt2: --text is missing, expected a file to learn from. Try --smoke for a first look.',
  );
if (given.text && !existsSync(given.text))
  command.error(`finetune-gpt2: '${given.text}' is not there, expected a text file. Check --text.`);

const random = given.randomWeights ? await writeGpt2Xl() : undefined;
await startBackend(given.backend, given);
const options: Options = {
  ...given,
  ...(given.smoke && (await writeTinyGpt2(join(given.out, 'tiny')))),
  ...random?.options,
};
// 1.56 billion numbers do not learn in tfjs's memory.
if (random && !options.blocks && !options.full && options.lora === 0) options.lora = 16;
const { model: source, prompt, stablemax, contextLength, batchSize, seed, out } = options;

const checkpoint = await openCheckpoint(source, {
  ...{ accessToken: process.env.HF_TOKEN, name: 'gpt2', contextLength, choice: options },
  config: { checkpointing: options.gradientCheckpointing, head: stablemax ? 'stablemax' : 'softmax' },
});
const { model, tokenizer } = checkpoint;
const learned = learnedOf(checkpoint, options);
console.log(`${source}: ${sharesOf(model, learned)}, ${model.config.layers} blocks`);

const file = await tokenize(readFileSync(options.text!, 'utf8'), { tokenizer });
const text = await TokenDataset.open(file, { contextLength, batchSize, seed });
const { train, validation } = text.split({ validationFraction: 0.1 });

// Random weights have nothing to say.
if (!random) console.log(`\nbefore: ${prompt}${await speak(checkpoint, prompt, { seed })}\n`);
const { metrics, step, reason } = await fineTune(model, learned, 'gpt2', train, validation!, options);
if (!random) console.log(`\nafter:  ${prompt}${await speak(checkpoint, prompt, { seed })}\n`);

const place = await learned.save(out, options.dtype);
const losses = `loss ${metrics.loss.toFixed(3)}, validation ${metrics.validationLoss?.toFixed(3) ?? '–'}`;
console.log(`${step} steps (${reason}), ${losses}\nSaved: ${place}; plot: ${join(out, 'losses.svg')}`);
await text.close();
if (random && options.keep) console.log(`The model of random weights: ${random.options.model}`);
else await random?.remove();
