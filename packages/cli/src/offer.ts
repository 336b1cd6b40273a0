import { dirname, join } from 'node:path';
import { DamagedCheckpointError } from '@evenkeel/trainer';
import { stepOf } from '@evenkeel/trainer/node';

/**
 * Where a checkpoint is damaged: how to take the one before it, which is never taken silently. Nothing after any other error.
 *
 * @param args Those of the command that failed.
 */
export function offerAfter(error: unknown, [command, ...args]: readonly string[]): string {
  if (!(error instanceof DamagedCheckpointError) || error.whole === undefined) return '';
  const checkpoints = dirname(error.folder);
  if (command !== 'resume' && command !== 'sweep') {
    return ` Name it in the place of the run: ${join(checkpoints, error.whole)}`;
  }
  const others = command === 'resume' ? withoutFrom(args) : [dirname(checkpoints)];
  return ` Try: evenkeel ${['resume', ...others.map(quoted), '--from', stepOf(error.whole)].join(' ')}`;
}

const withoutFrom = (args: readonly string[]): string[] =>
  args.filter((arg, i) => arg !== '--from' && args[i - 1] !== '--from' && !arg.startsWith('--from='));

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w./=:,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
