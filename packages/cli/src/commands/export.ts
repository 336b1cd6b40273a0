import { exportModel, withModel } from '@evenkeel/trainer/node';
import { Command, Option } from 'commander';
import { useBackend } from '../backend.js';
import { checkModelPlace } from '../model-place.js';
import { outputOf } from '../output.js';

interface Options {
  readonly out: string;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly checkpoint: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .summary('writes the model of a run as models are published')
    .description(
      'Writes the model of a run into a folder as models are published: config.json, safetensors and tokenizer, as Evenkeel and Python’s transformers read them. The other commands take the folder, too.',
    )
    .argument('<model>', 'the folder of a run or of one of its checkpoints, or another model')
    .requiredOption('--out <folder>', 'where the model goes')
    .addOption(
      new Option('--dtype <type>', 'how many bits a number has: BF16 and F16 halve the file and round')
        .choices(['F32', 'F16', 'BF16'])
        .default('F32'),
    )
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--overwrite', 'replace the model that is there already')
    .option('--json', 'what was written, as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, { out, dtype, checkpoint, overwrite, json }: Options) => {
      await checkModelPlace(out, overwrite);
      await useBackend({ backend: 'cpu', kernels: false, blas: false });
      await withModel(source, checkpoint, async (opened) => {
        const output = outputOf({ json });
        const { files, modelType, notes } = await exportModel(opened, out, { dtype });
        output.emit({ model: source, step: opened.step, out, files, modelType, notes });
        output.say([`${out} holds ${files.join(', ')}`, ...notes].join('\n'));
      });
    });
}

const EXAMPLES = `
Examples:
  $ evenkeel export runs/shakespeare --out models/shakespeare
  $ evenkeel export runs/shakespeare --checkpoint best --dtype BF16 --out models/small
  $ evenkeel generate models/shakespeare "ROMEO:"`;
