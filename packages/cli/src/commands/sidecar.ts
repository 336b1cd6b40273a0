import { existsSync } from 'node:fs';
import { addSidecar } from '@evenkeel/data';
import { tokenizerNamed, UsageError } from '@evenkeel/trainer/config';
import { Command, Option } from 'commander';
import { outputOf } from '../output.js';

interface Options {
  readonly tokenizer: string;
  readonly dtype?: 'uint16' | 'uint32';
  readonly json?: boolean;
}

export function sidecarCommand(): Command {
  return new Command('sidecar')
    .summary('makes the token files of nanoGPT and llm.c ready to learn from')
    .description(
      'Makes the token files (.bin) of nanoGPT, llm.c or another program ready to learn from: reads each once, checks that the ' +
        'tokenizer has all its tokens, and writes beside it what its tokens are, FILE.bin.json.',
    )
    .argument('<bins...>', 'files of tokens, 16 or 32 bits each, little-endian')
    .option('--tokenizer <name>', "the one that made them: 'gpt2', or a tokenizer.json", 'gpt2')
    .addOption(
      new Option(
        '--dtype <type>',
        "how a token is stored (default: as llm.c's header says, else what the tokenizer needs)",
      ).choices(['uint16', 'uint32']),
    )
    .option('--json', 'each sidecar as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], { tokenizer: name, dtype, ...options }: Options) => {
      const missing = files.find((file) => !existsSync(file));
      if (missing !== undefined)
        throw new UsageError(`'${missing}' is not there, expected a file of tokens.`);
      if (name === 'characters') {
        throw new UsageError(
          "sidecar: the tokenizer is 'characters', which a file of tokens does not tell, expected 'gpt2' or a tokenizer.json. " +
            'Make tokens of the text with evenkeel tokenize.',
        );
      }
      const output = outputOf(options);
      const tokenizer = await tokenizerNamed('sidecar', name, []);
      for (const file of files) {
        const sidecar = await addSidecar(file, { tokenizer, ...(dtype ? { dtype } : {}) });
        output.emit(sidecar);
        output.say(
          `${file}: ${sidecar.count.toLocaleString('en')} tokens of ${sidecar.vocabSize} (${sidecar.tokenizer}), ` +
            `${sidecar.dtype}\nlearn from it: evenkeel train --data ${file}`,
        );
      }
    });
}

const EXAMPLES = `
Examples:
  $ evenkeel sidecar train.bin val.bin
  $ evenkeel sidecar fineweb_train_000001.bin --tokenizer models/llama/tokenizer.json
  $ evenkeel train --data train.bin --model mini`;
