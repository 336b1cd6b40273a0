import { Command } from 'commander';
import pc from 'picocolors';
import packageJson from '../package.json' with { type: 'json' };
import { certifyCommand } from './commands/certify.js';
import { chatCommand } from './commands/chat.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { generateCommand } from './commands/generate.js';
import { interpolateCommand } from './commands/interpolate.js';
import { mergeCommand } from './commands/merge.js';
import { reportCommand } from './commands/report.js';
import { resumeCommand } from './commands/resume.js';
import { sidecarCommand } from './commands/sidecar.js';
import { sweepCommand } from './commands/sweep.js';
import { tokenizeCommand } from './commands/tokenize.js';
import { trainCommand } from './commands/train.js';

/** All commands. `finish` takes the exit code of one that has ended in order. */
export function createProgram(finish: (code: number) => void): Command {
  const program = new Command('evenkeel')
    .description(
      'Trains transformers that keep an even keel: stable losses, ⊥Grad, GrokAdamW, Muon with spectral caps.',
    )
    .version(packageJson.version)
    .configureOutput({
      outputError: (message, write) =>
        write(`${pc.red('evenkeel:')} ${message.replace(/^(error|evenkeel): /, '')}`),
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXAMPLES);
  const commands = [
    trainCommand(finish),
    resumeCommand(finish),
    sweepCommand(finish),
    generateCommand(),
    chatCommand(),
    evaluateCommand(),
    tokenizeCommand(),
    sidecarCommand(),
    certifyCommand(),
    interpolateCommand(),
    mergeCommand(),
    exportCommand(),
    reportCommand(),
    doctorCommand(finish),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  for (const command of [program, ...commands]) command.exitOverride();
  return program;
}

const EXAMPLES = `
Begin with:
  $ evenkeel train --preset grokking                  a minute and a half; then open runs/grokking/report.html
  $ evenkeel train --text some-text.txt               a small model that learns to write it
  $ evenkeel generate runs/some-text "Once upon"
  $ evenkeel doctor                                   what this machine has, and what would make it faster`;
