// Teaches Llama 3.2 to follow instructions (Alpaca), with StableMax and ⊥Grad, from the published weights.
//
//   npm run example -- llama-alpaca --help

import { join } from 'node:path';
import { alpacaPrompt, type InstructionDataset, instructionDataset } from '@evenkeel/data';
import { openCheckpoint, saveCheckpoint, speak } from '@evenkeel/example-common/checkpoint';
import { fineTune } from '@evenkeel/example-common/fine-tune';
import { type FineTuningOptions, fineTuningCommand } from '@evenkeel/example-common/fine-tuning-options';
import { outFolder } from '@evenkeel/example-common/out-folder';
import { startBackend } from '@evenkeel/example-common/start-backend';
import type { HubOptions } from '@evenkeel/gpt-model';
import { readInstructions } from './instructions.js';
import { serveTinyLlama } from './tiny-llama.js';

type Options = FineTuningOptions & { data?: string; ask: string };

const chosen = fineTuningCommand('llama-alpaca', {
  ...{ model: 'meta-llama/Llama-3.2-1B', steps: 200, batchSize: 1, accumulate: 16, contextLength: 512 },
  learningRate: 1e-5,
})
  .description('Trains Llama 3.2 on Alpaca’s instructions, from the published weights')
  .option(
    '--data <file>',
    'instructions in the form of alpaca_data.json; without it Alpaca’s are downloaded once',
  )
  .option('--ask <text>', 'what the model is asked, before and after', 'Give three tips for staying healthy.')
  .addHelpText(
    'after',
    '\nMeta grants access to the weights on their page of the hub. Then either\n' +
      '  HF_TOKEN=hf_… npm run example -- llama-alpaca --backend tensorflow\n' +
      '  npm run example -- llama-alpaca --model ~/models/Llama-3.2-1B --backend tensorflow\n' +
      'Everything of it takes some 20 GB of memory (5 with --blocks 1), more than the wasm backend can hold.\n' +
      'A first look at the same code with a tiny model: --smoke',
  )
  .parse()
  .opts<Options>();
const given: Options = { ...chosen, out: outFolder('llama-alpaca', chosen) };

await startBackend(given.backend, given);
const tiny = given.smoke ? await serveTinyLlama(join(given.out, 'tiny')) : undefined;
const options: Options = { ...given, ...tiny?.options };
const hub: HubOptions = tiny?.hub ?? { accessToken: process.env.HF_TOKEN };
const { model: source, ask, stablemax, contextLength, batchSize, seed, out } = options;

const instructions = await readInstructions(options.data);
const checkpoint = await openCheckpoint(source, {
  ...{ ...hub, name: 'llama', contextLength, extraNumbers: options.blocks ? 0.1 : 3 },
  config: { checkpointing: options.gradientCheckpointing, head: stablemax ? 'stablemax' : 'softmax' },
});
tiny?.close();
const { model, tokenizer } = checkpoint;
console.log(`${source}: ${model.parameterCount.toLocaleString('en')} numbers, ${model.config.layers} blocks`);

// The last twentieth is for validation, at most 200. Only responses are learnt; prompts have the target −100.
const kept = Math.min(200, Math.ceil(instructions.length / 20));
const [train, validation]: InstructionDataset[] = [
  instructions.slice(0, -kept),
  instructions.slice(-kept),
].map((part) => instructionDataset(part, { tokenizer, contextLength, batchSize, seed }));
console.log(`${train.size} instructions to learn, ${validation.size} to validate, ${train.skipped} too long`);

const prompt = alpacaPrompt({ instruction: ask });
console.log(`\n${ask}\nbefore: ${await speak(checkpoint, prompt, { seed })}\n`);
const { metrics, step, reason } = await fineTune(model, 'llama', train, validation, options);
console.log(`\n${ask}\nafter:  ${await speak(checkpoint, prompt, { seed })}\n`);

await saveCheckpoint(join(out, 'model'), checkpoint, options.dtype);
const losses = `loss ${metrics.loss.toFixed(3)}, validation ${metrics.validationLoss?.toFixed(3) ?? '–'}`;
console.log(
  `${step} steps (${reason}), ${losses}\nModel: ${join(out, 'model')}; plot: ${join(out, 'losses.svg')}`,
);
