import { draftPath, hasEnded, makeFolder, nodeFs, processMark } from '@evenkeel/files';

/** `lock-3.json`: the third holder of the folder. */
const LOCK = /^lock-(\d{1,15})\.json$/;
/** How often a holder says that it lives. */
const BEAT_MS = 15_000;
/** After so long without a beat a holder on another machine is taken for dead. */
const DEAD_MS = 60 * 60 * 1000;

/** A folder that this process alone writes to. */
export interface FolderLock {
  /**
   * To be called before something is published: a machine that slept for more than an hour has lost its lock to whoever asked.
   *
   * @throws If the lock is not this one's any more.
   */
  check(): Promise<void>;
  /** Lets others write. Does nothing the second time. */
  release(): Promise<void>;
}

/** Who holds a lock. */
interface Holder {
  readonly mark: string;
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

/**
 * Locks a folder against other processes, also on other machines that share its file system, until `release` or the end of
 * the process, however that ends. Each holder makes a file with a number that nobody has, and looks whether another made one
 * meanwhile, so that of two which find the same dead holder one gets the lock. On one machine a dead holder is known by its number and the time when it
 * began; on another it is taken for dead an hour after its last sign of life.
 *
 * @param where The function that the user called; errors begin with it.
 * @throws If another process holds it; the message says which.
 */
export async function lockFolder(where: string, folder: string): Promise<FolderLock> {
  const { promises: fs } = await nodeFs(where);
  await makeFolder(where, folder);
  const path = (number: number) => `${folder}/lock-${number}.json`;
  for (;;) {
    const held = await numbersIn(where, folder);
    for (const number of held) {
      const holder = await readHolder(where, path(number));
      if (await isAlive(where, path(number), holder)) throw heldBy(where, folder, holder, path(number));
    }
    const own = (held[0] ?? 0) + 1;
    if (!(await create(where, path(own)))) continue;
    // Of two that made a file each after looking at different lists, one at least sees the other here and steps back.
    const others = (await numbersIn(where, folder)).filter(
      (number) => number !== own && !held.includes(number),
    );
    if (others.length > 0) {
      await fs.rm(path(own), { force: true });
      await new Promise((resolve) => setTimeout(resolve, 50 * Math.random()));
      continue;
    }
    for (const number of held) await fs.rm(path(number), { force: true });
    return holding(where, path(own));
  }
}

async function numbersIn(where: string, folder: string): Promise<number[]> {
  const { promises: fs } = await nodeFs(where);
  const names = await fs.readdir(folder);
  return names.flatMap((name) => LOCK.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => b - a);
}

/** Makes the file of a holder, with all that is in it; false if it is there. */
async function create(where: string, path: string): Promise<boolean> {
  const { promises: fs } = await nodeFs(where);
  const mark = await processMark();
  const holder: Holder = {
    mark,
    host: hostOf(mark),
    pid: process.pid,
    since: new Date().toISOString(),
  };
  const draft = await draftPath(path);
  try {
    await fs.writeFile(draft, `${JSON.stringify(holder)}\n`);
    await fs.link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Error(
      `${where}: '${path}' cannot be made (${(error as Error).message}), expected to lock the folder.`,
      {
        cause: error,
      },
    );
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/** Nothing if it has just been released, or is damaged. */
async function readHolder(where: string, path: string): Promise<Holder | undefined> {
  const { promises: fs } = await nodeFs(where);
  try {
    const { mark, host, pid, since } = JSON.parse(await fs.readFile(path, 'utf8')) as Partial<Holder>;
    if (typeof mark !== 'string') return undefined;
    return { mark, host: String(host), pid: Number(pid), since: String(since) };
  } catch {
    return undefined;
  }
}

const hostOf = (mark: string): string => mark.split('-')[0];

async function isAlive(where: string, path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder && (await hasEnded(holder.mark))) return false;
  if (holder && hostOf(holder.mark) === hostOf(await processMark())) return true;
  const { promises: fs } = await nodeFs(where);
  const stat = await fs.stat(path).catch(() => undefined);
  return stat !== undefined && Date.now() - stat.mtimeMs < DEAD_MS;
}

const heldBy = (where: string, folder: string, holder: Holder | undefined, path: string): Error =>
  new Error(
    `${where}: '${folder}' is written by ${holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : `a process whose lock '${path}' cannot be read`}, expected no other. Wait for it or end it; ` +
      `if it is gone for certain, delete '${path}'.`,
  );

async function holding(where: string, path: string): Promise<FolderLock> {
  const { promises: fs } = await nodeFs(where);
  const beat = setInterval(() => {
    const now = new Date();
    fs.utimes(path, now, now).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  return {
    async check() {
      const isThere = await fs.stat(path).then(
        () => true,
        () => false,
      );
      if (isThere) return;
      throw new Error(
        `${where}: the lock '${path}' is gone, expected it as long as this process writes: another process took it over, or somebody ` +
          'deleted it. Look who writes there, and go on from the newest checkpoint.',
      );
    },
    async release() {
      clearInterval(beat);
      await fs.rm(path, { force: true });
    },
  };
}
