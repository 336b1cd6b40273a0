import {
  checkMark,
  checkPlainFile,
  draftPath,
  type FileMark,
  makeFolder,
  manifestText,
  markOf,
  nodeFs,
  removeLeftDrafts,
  syncFolder,
  writeAtomicFile,
} from '@evenkeel/files';
import { saveSafetensors } from '@evenkeel/safetensors';
import { dispose } from '@tensorflow/tfjs-core';
import type { CheckpointStore, RunState, Snapshot, Which } from '../checkpoint.js';
import {
  byName,
  folderOf,
  MANIFEST,
  namesOf,
  OPTIMIZER,
  readTensors,
  STATE,
  WEIGHTS,
} from '../checkpoint-format.js';
import { parseCheckpointManifest } from '../checkpoint-manifest.js';
import { DamagedCheckpointError } from '../damaged-checkpoint.js';
import { parseRunState, type StateFile, stateText } from '../state-file.js';
import { type FolderLock, lockFolder } from './folder-lock.js';

export interface CheckpointDirectoryOptions {
  /** Where the checkpoints go, one folder each. It is made if it is not there. */
  readonly directory: string;
  /** How many of the newest are kept, ≥ 1; Infinity: all. Default 3. */
  readonly keep?: number;
}

/** `step-00000100`, and what stood under that name while it is replaced. */
const FOLDER = /^step-(\d{8,15})(\.old)?$/;
/** Where checkpoints go that are newer than the one from which a run goes on. */
const SET_ASIDE = 'set-aside';

/**
 * Checkpoints as folders in a directory, each complete or not there, whenever the process is killed, and each known to be
 * whole when it is read.
 *
 *     runs/first/step-00000500/weights.safetensors       by the names of the variables
 *                              optimizer.safetensors     by the names that getWeights() gives
 *                              state.json                step, seed, data position, metrics, the best so far
 *                              manifest.json             size and SHA-256 of the other three
 *     runs/first/latest                                  their names, newest first
 *     runs/first/best                                    the name of the best
 *     runs/first/set-aside                               what was newer than where a run went on
 *
 * A folder is written under another name, synced and renamed; `latest` and `best` change last. They are for people, and never
 * read: loading goes by the folders, whose states count in which order they were saved and say which is the best.
 */
export class CheckpointDirectory implements CheckpointStore {
  private readonly directory: string;
  private readonly keep: number;
  private lock: FolderLock | undefined;

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
    await makeFolder('checkpoint', this.directory);
    await removeLeftDrafts('checkpoint', this.directory);
    const before = await this.saved();
    const draft = await draftPath(this.path(name));
    try {
      await fs.mkdir(draft);
      await saveSafetensors(`${draft}/${WEIGHTS}`, byName(weights));
      await saveSafetensors(`${draft}/${OPTIMIZER}`, byName(optimizer));
      const order = { weights: namesOf(weights), optimizer: namesOf(optimizer) };
      const saved = 1 + Math.max(0, ...before.map(({ saved }) => saved ?? 0));
      await writeAtomicFile('checkpoint', `${draft}/${STATE}`, stateText({ ...state, order, saved }));
      const marks: Record<string, FileMark> = {};
      for (const file of [WEIGHTS, OPTIMIZER, STATE]) {
        marks[file] = await markOf('checkpoint', `${draft}/${file}`);
      }
      await writeAtomicFile('checkpoint', `${draft}/${MANIFEST}`, manifestText(marks));
      await this.lock?.check();
      await this.publish(draft, name);
    } catch (error) {
      await fs.rm(draft, { recursive: true, force: true });
      throw error;
    }
    const best = state.best && folderOf(state.best.step);
    const others = before.filter((other) => stepOf(other.name) !== state.step);
    const folders = [name, ...others.map(({ name }) => name)];
    const kept = folders.filter((folder, i) => i < this.keep || folder === best);
    for (const old of folders) if (!kept.includes(old)) await this.remove(old);
    await this.describe(kept, best);
  }

  /**
   * Locks the directory, so that two runs never write into it, until {@link close}.
   *
   * @throws If another process has it.
   */
  async open(): Promise<void> {
    this.lock = await lockFolder('checkpoint', this.directory);
    await removeLeftDrafts('checkpoint', this.directory);
  }

  async close(): Promise<void> {
    await this.lock?.release();
    this.lock = undefined;
  }

  /** Sets aside what is newer than where training goes on, so that it never goes forward to it; brings `latest` and `best` up to date. */
  async goOnFrom({ step, best }: RunState): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const folders = await this.folders();
    const at = folders.findIndex((name) => stepOf(name) === step);
    const newer = folders.slice(0, Math.max(at, 0));
    if (newer.length > 0) await makeFolder('checkpoint', this.path(SET_ASIDE));
    for (const name of newer) {
      const place = await this.freePlace(`${SET_ASIDE}/${name}`);
      await fs.rename(this.path(name), place);
      console.warn(
        `checkpoint: '${name}' is newer than '${folderOf(step)}', from which training goes on, and is in '${place}' now.`,
      );
    }
    await this.describe(folders.slice(newer.length), best && folderOf(best.step));
  }

  /**
   * @param which `'latest'`, `'best'`, or the name of a folder.
   * @throws {@link DamagedCheckpointError} If it is damaged, or for `'best'` the newest, which knows which is the best. Another
   *     one is never taken in its place; the error names the newest that is whole.
   */
  async load(which: Which): Promise<Snapshot | undefined> {
    const folders = await this.folders();
    const name = which === 'latest' ? folders[0] : which === 'best' ? await this.bestName(folders) : which;
    if (name !== undefined && !FOLDER.test(name)) {
      throw new Error(
        `checkpoint: '${name}' is no checkpoint's name, expected 'latest', 'best' or one like 'step-00000500'.`,
      );
    }
    if (name === undefined || !folders.includes(name)) return undefined;
    return this.orDamaged(folders, name, () => this.read(name));
  }

  /**
   * Names of the checkpoints, newest first: in the order in which they were saved, which is not that of their steps where
   * a run went back or began anew. One whose state cannot be read could be the newest, and so comes first.
   */
  async folders(): Promise<string[]> {
    return (await this.saved()).map(({ name }) => name);
  }

  /** The checkpoints, newest first, and how many had been saved when each was; nothing where that cannot be known. */
  private async saved(): Promise<{ name: string; saved: number | undefined }[]> {
    const { promises: fs } = await nodeFs('checkpoint');
    const names = await fs.readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const counted = names
      .filter((name) => FOLDER.test(name))
      .map(async (name) => ({
        name,
        saved: await this.readState(name).then(
          ({ saved }) => saved,
          () => undefined,
        ),
      }));
    const rank = (saved = Infinity) => saved;
    return (await Promise.all(counted)).sort(
      (a, b) =>
        Math.sign(rank(b.saved) - rank(a.saved)) ||
        stepOf(b.name) - stepOf(a.name) ||
        a.name.length - b.name.length,
    );
  }

  /** @throws {@link DamagedCheckpointError} If reading one fails. */
  private async orDamaged<T>(folders: readonly string[], name: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const whole = await this.firstWhole(folders.slice(folders.indexOf(name) + 1));
      throw new DamagedCheckpointError(this.path(name), whole, error as Error);
    }
  }

  private async read(name: string): Promise<Snapshot> {
    await this.check(name);
    const { order, saved: _, ...state } = await this.readState(name);
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

  /** @throws Unless every file of a checkpoint, or those named, are what its manifest says. */
  private async check(name: string, files: readonly string[] = [WEIGHTS, OPTIMIZER, STATE]): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const path = this.path(name, MANIFEST);
    await checkPlainFile('checkpoint', path);
    const { size } = await fs.stat(path);
    if (size > MAX_MANIFEST_BYTES) throw new Error(`'${path}' has ${size} bytes, expected a manifest.`);
    const manifest = parseCheckpointManifest(path, await fs.readFile(path, 'utf8'));
    for (const file of files) {
      await checkMark('checkpoint', this.path(name, file), this.path(name, file), manifest[file]);
    }
  }

  /** @throws If the state is not what its manifest says. */
  private async readState(name: string): Promise<StateFile> {
    const { promises: fs } = await nodeFs('checkpoint');
    await this.check(name, [STATE]);
    const path = this.path(name, STATE);
    const state = parseRunState(path, await fs.readFile(path, 'utf8'));
    if (state.step === stepOf(name)) return state;
    throw new Error(`'${path}' is of step ${state.step}, expected ${stepOf(name)} as its folder says.`);
  }

  private async firstWhole(folders: readonly string[]): Promise<string | undefined> {
    for (const name of folders) {
      const isWhole = await this.check(name)
        .then(() => this.readState(name))
        .then(
          () => true,
          () => false,
        );
      if (isWhole) return name;
    }
    return undefined;
  }

  /** Gives a complete draft its name. What had the name is out of the way first, under one that loading knows. */
  private async publish(draft: string, name: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    if (await isThere(this.path(name))) {
      await this.remove(`${name}.old`);
      await fs.rename(this.path(name), this.path(`${name}.old`));
    }
    await syncFolder('checkpoint', draft);
    await fs.rename(draft, this.path(name));
    await syncFolder('checkpoint', this.directory);
    await this.remove(`${name}.old`);
  }

  /** Writes what people read: which are there, and which is the best. */
  private async describe(folders: readonly string[], best: string | undefined): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    await writeAtomicFile('checkpoint', this.path('latest'), folders.map((name) => `${name}\n`).join(''));
    if (best !== undefined && folders.includes(best)) {
      await writeAtomicFile('checkpoint', this.path('best'), `${best}\n`);
    } else {
      await fs.rm(this.path('best'), { force: true });
    }
  }

  /** Under a name that is no checkpoint's first, so that none is ever there in part. */
  private async remove(name: string): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    const trash = await draftPath(this.path(name));
    await fs.rename(this.path(name), trash).catch(ignoreMissing);
    await fs.rm(trash, { recursive: true, force: true });
  }

  /** The folder of the best, which the newest state knows. */
  private async bestName(folders: readonly string[]): Promise<string | undefined> {
    const [newest] = folders;
    if (newest === undefined) return undefined;
    const { best } = await this.orDamaged(folders, newest, () => this.readState(newest));
    return best && folderOf(best.step);
  }

  /** A path where nothing is yet. */
  private async freePlace(name: string): Promise<string> {
    for (let n = 1; ; n++) {
      const path = this.path(n === 1 ? name : `${name}-${n}`);
      if (!(await isThere(path))) return path;
    }
  }

  private path(...names: readonly string[]): string {
    return [this.directory, ...names.filter((name) => name !== '')].join('/');
  }
}

const MAX_MANIFEST_BYTES = 2 ** 20;
const stepOf = (folder: string): number => Number(FOLDER.exec(folder)![1]);

async function isThere(path: string): Promise<boolean> {
  const { promises: fs } = await nodeFs('checkpoint');
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
