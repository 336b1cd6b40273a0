import { nodeFs, nodeOs } from './node-modules.js';

/**
 * Tells this process from every other one that uses the same files: `HOST-PID-START`, in letters, digits, `_` and `-`.
 *
 * START is when it began, in the system's ticks (Linux; 0 elsewhere), so that a later process with the same number is
 * another one.
 */
export async function processMark(): Promise<string> {
  return `${await hostName()}-${process.pid}-${(await startOf(process.pid)) ?? 0}`;
}

/**
 * Whether the process with this mark is known to have ended. False for a process of another machine, which nobody here
 * can know, and for a text that is no mark.
 */
export async function hasEnded(mark: string): Promise<boolean> {
  const [, host, pid, start] = /^(\w+)-(\d+)-(\d+)$/.exec(mark) ?? [];
  if (host !== (await hostName())) return false;
  if (!isAlive(Number(pid))) return true;
  const begun = await startOf(Number(pid));
  return start !== '0' && begun !== undefined && begun !== start;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function hostName(): Promise<string> {
  const { hostname } = await nodeOs();
  return hostname().replace(/\W/g, '_').slice(0, 40) || 'host';
}

/** Field 22 of `/proc/PID/stat`, which follows the program's name in brackets. */
async function startOf(pid: number): Promise<string | undefined> {
  const { promises: fs } = await nodeFs('processMark');
  const text = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
