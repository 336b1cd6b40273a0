import { nodeFs } from '@evenkeel/files';
import { saveSafetensors } from '@evenkeel/safetensors';
import { dispose } from '@tensorflow/tfjs-core';
import type { CheckpointStore, Snapshot, Which } from '../checkpoint.js';
import { byName, folderOf, namesOf, OPTIMIZER, readTensors, STATE, WEIGHTS } from '../checkpoint-format.js';
import { parseRunState, stateText } from '../state-file.js';

export interface CheckpointDirectoryOptions {
  /** Where the checkpoints go, one folder each. It is made if it is not there. */
  readonly directory: string;
  /** How many of the newest are kept, ≥ 1; Infinity: all. Default 3. */
  readonly keep?: number;
}

/** `step-00000100`, and what stood under that name while it is replaced. */
const FOLDER = /^step-(\d{8,15})(\.old)?$/;
/** What is being written or deleted, and by which process. */
const TEMPORARY = /^step-.*\.(\d+)-\w+\.tmp$/;

/**
 * Checkpoints as folders in a directory, each complete or not there, whenever the process is killed.
 *
 *     runs/first/step-00000500/weights.safetensors       by the names of the variables
 *                              optimizer.safetensors     by the names that getWeights() gives
 *                              state.json                step, seed, data position, metrics, run
 *     runs/first/latest                                  their names, newest first
 *     runs/first/best                                    the name of the best
 *
 * A folder is written under another name, synced and renamed; `latest` changes last. Loading takes the newest folder that
 * is whole, also if `latest` does not name it yet.
 */
export class CheckpointDirectory implements CheckpointStore {
  private readonly directory: string;
  private readonly keep: number;

  /** @throws If an option is unknown or out of range. */
  constructor(options: CheckpointDirectoryOptions) {
    const { directory, keep = 3, ...unknown } = options;
    const [option] = Object.keys(unknown);
    if (option) {
      throw new Error(
        `checkpoint: option '${option}' is unknown, expected one of directory, every, keep, best.`,
      );
    }
    if (typeof directory !== 'string' || directory === '') {
      throw new Error(`checkpoint: directory is ${String(directory)}, expected a path. Try 'runs/first'.`);
    }
    if (!(keep === Infinity || (Number.isInteger(keep) && keep >= 1))) {
      throw new Error(`checkpoint: keep is ${String(keep)}, expected a whole number ≥ 1 or Infinity.`);
    }
    this.directory = directory;
    this.keep = keep;
  }

  /** @throws If it cannot be written. What was there before still is. */
  async save({ weights, optimizer, state }: Snapshot): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const name = folderOf(state.step);
    const draft = this.temporary(name);
    await fs.mkdir(this.path(draft), { recursive: true });
    await this.removeLeftovers();
    try {
      await saveSafetensors(this.path(draft, WEIGHTS), byName(weights));
      await saveSafetensors(this.path(draft, OPTIMIZER), byName(optimizer));
      const order = { weights: namesOf(weights), optimizer: namesOf(optimizer) };
      await this.writeFile(`${draft}/${STATE}`, stateText({ ...state, order }));
      await this.sync(draft);
      await this.publish(draft, name);
    } catch (error) {
      await fs.rm(this.path(draft), { recursive: true, force: true });
      throw error;
    }
    if (state.best?.step === state.step) await this.writeFile('best', `${name}\n`);
    await this.prune(name);
    await this.list(await this.folders());
    await this.sync('');
  }

  /**
   * @param which `'latest'`, `'best'`, or the name of a folder.
   * @throws If the one that was asked for is damaged. Of the latest ones a damaged one is passed over with a warning.
   */
  async load(which: Which): Promise<Snapshot | undefined> {
    if (which !== 'latest') {
      const name = which === 'best' ? await this.bestName() : which;
      if (name !== undefined && !FOLDER.test(name)) {
        throw new Error(
          `checkpoint: '${name}' is no checkpoint's name, expected 'latest', 'best' or one like 'step-00000500'.`,
        );
      }
      return name !== undefined && (await this.folders()).includes(name) ? this.read(name) : undefined;
    }
    let damaged: unknown;
    for (const name of await this.folders()) {
      try {
        return await this.read(name);
      } catch (error) {
        console.warn(`checkpoint: ${(error as Error).message} An older one is taken if there is one.`);
        damaged ??= error;
      }
    }
    if (damaged) throw damaged;
    return undefined;
  }

  /**
   * Names of the checkpoints, newest first: in the order in which they were saved, which is not that of their steps where
   * a run went back or began anew.
   */
  async folders(): Promise<string[]> {
    const { promises: fs } = await nodeFs('checkpoint');
    const names = await fs.readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const listed = await this.listed();
    // One that is not listed was saved just before the process was killed.
    const rank = (name: string) => listed.indexOf(name.replace(/\.old$/, ''));
    return names
      .filter((name) => FOLDER.test(name))
      .sort((a, b) => rank(a) - rank(b) || stepOf(b) - stepOf(a) || a.length - b.length);
  }

  private async read(name: string): Promise<Snapshot> {
    const { promises: fs } = await nodeFs('checkpoint');
    const path = this.path(name, STATE);
    const { size } = await fs.stat(path);
    if (size > MAX_STATE_BYTES)
      throw new Error(`'${path}' has ${size} bytes, expected at most ${MAX_STATE_BYTES}.`);
    const { order, ...state } = parseRunState(path, await fs.readFile(path, 'utf8'));
    if (state.step !== stepOf(name)) {
      throw new Error(`'${path}' is of step ${state.step}, expected ${stepOf(name)} as its folder says.`);
    }
    const tensors = (file: string, names: readonly string[]) =>
      readTensors(this.path(name, file), this.path(name, file), names);
    const weights = await tensors(WEIGHTS, order.weights);
    try {
      const optimizer = await tensors(OPTIMIZER, order.optimizer);
      return { weights, optimizer, state };
    } catch (error) {
      dispose(weights.map(({ tensor }) => tensor));
      throw error;
    }
  }

  /** Gives a complete draft its name. What had the name is out of the way first, under one that loading knows. */
  private async publish(draft: string, name: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const listed = await this.listed();
    if (listed.includes(name)) {
      await this.list(listed.filter((other) => other !== name));
      await this.remove(`${name}.old`);
      await fs.rename(this.path(name), this.path(`${name}.old`)).catch(ignoreMissing);
    }
    await fs.rename(this.path(draft), this.path(name));
    await this.sync('');
    await this.remove(`${name}.old`);
  }

  /** The names in `latest`, newest first. */
  private async listed(): Promise<string[]> {
    const { promises: fs } = await nodeFs('checkpoint');
    const text = await fs.readFile(this.path('latest'), 'utf8').catch(() => '');
    return text.split('\n').filter((name) => FOLDER.test(name));
  }

  private list(names: readonly string[]): Promise<void> {
    return this.writeFile('latest', names.map((name) => `${name}\n`).join(''));
  }

  /** Deletes all but the newest, the best, and the one just saved. */
  private async prune(saved: string): Promise<void> {
    const best = await this.bestName();
    const folders = await this.folders();
    for (const name of folders.slice(this.keep === Infinity ? folders.length : this.keep)) {
      if (name !== saved && name !== best) await this.remove(name);
    }
  }

  /** Under a name that is no checkpoint's first, so that none is ever there in part. */
  private async remove(name: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const trash = this.temporary(name);
    await fs.rename(this.path(name), this.path(trash)).catch(ignoreMissing);
    await fs.rm(this.path(trash), { recursive: true, force: true });
  }

  /** What processes that are gone have left. */
  private async removeLeftovers(): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    for (const name of await fs.readdir(this.directory)) {
      const pid = Number(TEMPORARY.exec(name)?.[1]);
      if (Number.isInteger(pid) && pid !== process.pid && !isAlive(pid)) {
        await fs.rm(this.path(name), { recursive: true, force: true });
      }
    }
  }

  /** The folder that `best` names; nothing if it is not there or names something else. */
  private async bestName(): Promise<string | undefined> {
    const { promises: fs } = await nodeFs('checkpoint');
    const text = await fs.readFile(this.path('best'), 'utf8').catch(() => '');
    const name = text.trim();
    return FOLDER.test(name) ? name : undefined;
  }

  private async writeFile(name: string, text: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const draft = this.path(name.includes('/') ? `${name}.tmp` : this.temporary(`step-${name}`));
    const file = await fs.open(draft, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(draft, this.path(name));
  }

  /** Puts a folder's list of names onto the disk, where the system can. */
  private async sync(folder: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const handle = await fs.open(this.path(folder), 'r').catch(() => undefined);
    await handle?.sync().catch(() => {});
    await handle?.close();
  }

  private temporary(name: string): string {
    return `${name}.${process.pid}-${Math.random().toString(36).slice(2, 10)}.tmp`;
  }

  private path(...names: readonly string[]): string {
    return [this.directory, ...names.filter((name) => name !== '')].join('/');
  }
}

const MAX_STATE_BYTES = 64 * 2 ** 20;
const stepOf = (folder: string): number => Number(FOLDER.exec(folder)![1]);

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
