import { PRESETS, runConfigJsonSchema, withOverrides } from '@evenkeel/trainer/config';
import { type Planned, plannedRun, writtenConfig } from '@evenkeel/trainer/node';
import { Command } from 'commander';
import { addBackendFlags, type BackendFlags, blasThreads, useBackend } from '../backend.js';
import { claim } from '../claim.js';
import { addConfigFlags } from '../config/flags.js';
import { configHelp } from '../config/help.js';
import { addLiveFlags, type LiveOptions, livePortOf } from '../live-flags.js';
import { outputOf } from '../output.js';
import { trainInto } from '../training.js';

interface Options extends BackendFlags, LiveOptions, Planned {
  readonly overwrite?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
  readonly printSchema?: boolean;
  readonly helpConfig?: boolean;
}

export function trainCommand(finish: (code: number) => void): Command {
  const command = new Command('train')
    .summary('trains a model, from a preset, a config file, or flags')
    .description('Trains a model into a folder: checkpoints, metrics, TensorBoard events and a report.')
    .argument('[config]', 'a run config: .json, .yaml or .ts')
    .option('--preset <name>', `a run that is ready: ${Object.keys(PRESETS).join(', ')}`)
    .option('--text <file>', 'the text to learn from, character by character')
    .option('--out <folder>', "where everything goes (default: runs/ and the preset's or config's name)")
    .option('--overwrite', 'begin anew where there is a run already')
    .option(
      '--no-verify',
      'do not read the whole of a .bin first, to compare it with the hash in its sidecar',
    )
    .option('--json', 'one JSON object per line instead of sentences')
    .option('--print-config', 'print the whole config with its defaults, and train nothing')
    .option('--print-schema', 'print the JSON Schema of configs, for editors')
    .option('--help-config', 'explain every field of a config');
  addLiveFlags(command);
  addBackendFlags(command);
  const overrides = addConfigFlags(command);
  return command
    .addHelpText('after', () => EXAMPLES)
    .action(async (path: string | undefined, options: Options) => {
      if (options.printSchema) return void console.log(JSON.stringify(runConfigJsonSchema(), undefined, 2));
      if (options.helpConfig) return void console.log(configHelp());
      const flags = overrides();
      const raw = withOverrides(await writtenConfig(path, options, flags), flags);
      const planned = await plannedRun(raw, path, options);
      if (options.printConfig) return void console.log(JSON.stringify(planned.config, undefined, 2));
      const makeRoom = await claim(planned.directory, options);
      const backend = await useBackend(options, blasThreads(planned.config));
      const { exitCode } = await trainInto(planned, outputOf(options), {
        ...{ makeRoom, backend },
        verify: options.verify,
        livePort: livePortOf(options),
      });
      finish(exitCode);
    });
}

const EXAMPLES = `
Presets:
${Object.entries(PRESETS)
  .map(([name, { about }]) => `  ${name.padEnd(22)} ${about}`)
  .join('\n')}

Every field of a config is a flag too, by its path; evenkeel train --help-config explains them.

Examples:
  $ evenkeel train --preset grokking
  $ evenkeel train --preset grokking --live                                 shows its report while it trains
  $ evenkeel train --preset grokking --no-orthograd --out runs/without       the same, but for ⊥Grad
  $ evenkeel train --text shakespeare.txt --steps 2000 --model.width 192
  $ evenkeel train --model runs/shakespeare --text sonnets.txt               learns on from a run, by AdamW in small steps
  $ evenkeel train --preset shakespeare-lipschitz --constraint.maxNorm 1.4
  $ evenkeel train config.yaml --optimizer muon --optimizer.learningRate 0.02
  $ evenkeel train --data tokens.bin --model tiny --loss stablemax --orthograd`;
