import { existsSync } from 'node:fs';
import { tokenize } from '@evenkeel/data';
import { tokenizerNamed, UsageError } from '@evenkeel/trainer/config';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { outputOf } from '../output.js';

interface Options {
  readonly out: string;
  readonly tokenizer: string;
  readonly separator?: string;
  readonly json?: boolean;
}

export function tokenizeCommand(): Command {
  return new Command('tokenize')
    .summary('turns text files into a file of tokens')
    .description(
      'Turns text files of any size into one .bin of tokens, with a sidecar that says what they are.',
    )
    .argument('<texts...>', 'text files; each is a document')
    .requiredOption('--out <file>', 'where to, such as corpus.bin')
    .option('--tokenizer <name>', "'gpt2', 'characters' (of all the texts), or a tokenizer.json", 'gpt2')
    .option('--separator <text>', 'text that ends a document within a file, such as <|endoftext|>')
    .option('--json', 'the sidecar as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: Options) => {
      const missing = files.find((file) => !existsSync(file));
      if (missing !== undefined) throw new UsageError(`'${missing}' is not there, expected a text file.`);
      const output = outputOf(options);
      const bar = new SingleBar({
        format: '{bar} {percentage} % · {eta_formatted} left',
        barsize: 24,
        hideCursor: true,
      });
      if (process.stderr.isTTY && !output.json) bar.start(1, 0);
      const tokenizer = await tokenizerNamed('tokenize', options.tokenizer, files);
      const result = await tokenize(files, {
        tokenizer,
        out: options.out,
        documentSeparator: options.separator,
        onProgress: ({ share }) => bar.update(share ?? 0),
      }).finally(() => bar.stop());
      const { sidecar } = result;
      output.emit(sidecar);
      output.say(
        `${options.out}: ${sidecar.count.toLocaleString('en')} tokens of ${sidecar.vocabSize} (${sidecar.tokenizer}), ${sidecar.dtype}, ${sidecar.documents} documents\nlearn from it: evenkeel train --data ${options.out}`,
      );
    });
}

const EXAMPLES = `
Examples:
  $ evenkeel tokenize book1.txt book2.txt --out books.bin
  $ evenkeel tokenize shakespeare.txt --tokenizer characters --out shakespeare.bin
  $ evenkeel train --data books.bin --model mini`;
