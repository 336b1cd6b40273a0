// Teaches Llama 3.2 to follow instructions (Alpaca), with StableMax and ⊥Grad, from the published weights.
//
//   npm run example -- llama-alpaca --help

import { join } from 'node:path';
import { alpacaPrompt, type InstructionDataset, instructionDataset } from '@evenkeel/data';
import { openCheckpoint, speak } from '@evenkeel/example-common/checkpoint';
import { fineTune } from '@evenkeel/example-common/fine-tune';
import { type FineTuningOptions, fineTuningCommand } from '@evenkeel/example-common/fine-tuning-options';
import { checkChoice } from '@evenkeel/example-common/frozen-parameters';
import { learnedOf, sharesOf } from '@evenkeel/example-common/learned';
import { outFolder } from '@evenkeel/example-common/out-folder';
import { startBackend } from '@evenkeel/example-common/start-backend';
import type { HubOptions } from '@evenkeel/gpt-model';
import { readInstructions } from './instructions.js';
import { writeLlama1B } from './llama-1b.js';
import { serveTinyLlama } from './tiny-llama.js';

type Options = FineTuningOptions & { data?: string; ask: string; packing?: boolean };

const command = fineTuningCommand('llama-alpaca', {
  ...{ model: 'meta-llama/Llama-3.2-1B', steps: 200, batchSize: 1, accumulate: 16, contextLength: 512 },
  ...{ learningRate: 1e-4, lora: 16 },
})
  .description('Trains Llama 3.2 on Alpaca’s instructions, from the published weights')
  .option(
    '--data <file>',
    'instructions in the form of alpaca_data.json; without it Alpaca’s are downloaded once',
  )
  .option('--packing', 'several instructions in a row where they have room (always with --random-weights)')
  .option('--ask <text>', 'what the model is asked, before and after', 'Give three tips for staying healthy.')
  .addHelpText(
    'after',
    '\nMeta grants access to the weights on their page of the hub. Then either\n' +
      '  HF_TOKEN=hf_… npm run example -- llama-alpaca\n' +
      '  npm run example -- llama-alpaca --model ~/models/Llama-3.2-1B\n' +
      'What does not learn stays as it is published, outside of tfjs’s memory: adapters and --blocks 1 run on wasm.\n' +
      '--full needs some 20 GB and --backend tensorflow or cpu.\n' +
      'What the full size costs, without the weights: --random-weights\n' +
      'A first look at the same code with a tiny model: --smoke',
  )
  .parse();
const chosen = command.opts<Options>();
const given: Options = { ...chosen, out: outFolder('llama-alpaca', chosen) };

checkChoice(given);
const random = given.randomWeights ? await writeLlama1B() : undefined;
await startBackend(given.backend, given);
const tiny = given.smoke ? await serveTinyLlama(join(given.out, 'tiny')) : undefined;
// The tiny model has learnt nothing that adapters could build on: all of it learns, unless something else is asked for.
const isFull = tiny && command.getOptionValueSource('lora') === 'default' && !given.blocks;
const options: Options = { ...given, ...tiny?.options, ...random?.options, ...(isFull && { full: true }) };
const hub: HubOptions = tiny?.hub ?? { accessToken: process.env.HF_TOKEN };
const { model: source, ask, stablemax, contextLength, batchSize, seed, out } = options;
const packing = options.packing ?? random !== undefined;

const instructions = await readInstructions(options.data);
const checkpoint = await openCheckpoint(source, {
  ...{ ...hub, name: 'llama', contextLength, choice: options },
  config: { checkpointing: options.gradientCheckpointing, head: stablemax ? 'stablemax' : 'softmax' },
});
tiny?.close();
const { model, tokenizer } = checkpoint;
const learned = learnedOf(checkpoint, options);
console.log(`${source}: ${sharesOf(model, learned)}, ${model.config.layers} blocks`);

// The last twentieth is for validation, at most 200. Only responses are learnt; prompts have the target −100.
const kept = Math.min(200, Math.ceil(instructions.length / 20));
const [train, validation]: InstructionDataset[] = [
  instructions.slice(0, -kept),
  instructions.slice(-kept),
].map((part) => instructionDataset(part, { tokenizer, contextLength, batchSize, seed, packing }));
const rows = `${train.size} rows of at most ${contextLength} tokens to learn, ${validation.size} to validate`;
console.log(`${rows}; ${train.skipped} instructions too long`);

const prompt = alpacaPrompt({ instruction: ask });
// Random weights have nothing to say.
if (!random) console.log(`\n${ask}\nbefore: ${await speak(checkpoint, prompt, { seed })}\n`);
const { metrics, step, reason } = await fineTune(model, learned, 'llama', train, validation, options);
if (!random) console.log(`\n${ask}\nafter:  ${await speak(checkpoint, prompt, { seed })}\n`);

const place = await learned.save(out, options.dtype);
const losses = `loss ${metrics.loss.toFixed(3)}, validation ${metrics.validationLoss?.toFixed(3) ?? '–'}`;
console.log(`${step} steps (${reason}), ${losses}\nSaved: ${place}; plot: ${join(out, 'losses.svg')}`);
if (random && options.keep) console.log(`The model of random weights: ${random.options.model}`);
else await random?.remove();
