import { CommanderError } from 'commander';
import pc from 'picocolors';
import { offerAfter } from './offer.js';
import { createProgram } from './program.js';
import { spelled } from './spelling.js';

/**
 * Runs the command line.
 *
 * @param args Arguments, without those of Node.
 * @returns What to exit with: 0, 1 after an error, 130 after Ctrl-C.
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram((ended) => {
    code = ended;
  });
  try {
    const [name] = args;
    const command = program.commands.find((command) => command.name() === name) ?? program;
    const flags = command.options.flatMap(({ long }) => long ?? []);
    await program.parseAsync(spelled(args, flags), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // it has said why
    const { message, stack } = error as Error;
    process.stderr.write(`${pc.red('evenkeel:')} ${message}${offerAfter(error, args)}\n`);
    if (process.env.DEBUG) process.stderr.write(`${stack}\n`);
    return 1;
  }
}
