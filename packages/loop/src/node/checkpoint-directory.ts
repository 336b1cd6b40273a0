import {
  checkPlainFile,
  draftPath,
  makeFolder,
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
import { checkMark, type FileMark, manifestText, parseManifest } from '../checkpoint-manifest.js';
import { parseRunState, type StateFile, stateText } from '../state-file.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { markFile } from './mark-file.js';

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
 * A folder is written under another name, synced and renamed; `latest` and `best` change last. They are for people: loading
 * goes by the folders, and takes one that `latest` does not name yet for the newest.
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
    const draft = await draftPath(this.path(name));
    try {
      await fs.mkdir(draft);
      await saveSafetensors(`${draft}/${WEIGHTS}`, byName(weights));
      await saveSafetensors(`${draft}/${OPTIMIZER}`, byName(optimizer));
      const order = { weights: namesOf(weights), optimizer: namesOf(optimizer) };
      await writeAtomicFile('checkpoint', `${draft}/${STATE}`, stateText({ ...state, order }));
      const marks: Record<string, FileMark> = {};
      for (const file of [WEIGHTS, OPTIMIZER, STATE]) marks[file] = await markFile(`${draft}/${file}`);
      await writeAtomicFile('checkpoint', `${draft}/${MANIFEST}`, manifestText(marks));
      await this.publish(draft, name);
    } catch (error) {
      await fs.rm(draft, { recursive: true, force: true });
      throw error;
    }
    const best = state.best && folderOf(state.best.step);
    const folders = await this.folders();
    for (const old of folders.slice(this.keep === Infinity ? folders.length : this.keep)) {
      if (old !== name && old !== best) await this.remove(old);
    }
    await this.describe(await this.folders(), best);
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
   * @throws If it is damaged. Another one is never taken in its place; the message names the newest that is whole.
   */
  async load(which: Which): Promise<Snapshot | undefined> {
    const folders = await this.folders();
    const name = which === 'latest' ? folders[0] : which === 'best' ? await this.bestName() : which;
    if (name !== undefined && !FOLDER.test(name)) {
      throw new Error(
        `checkpoint: '${name}' is no checkpoint's name, expected 'latest', 'best' or one like 'step-00000500'.`,
      );
    }
    if (name === undefined || !folders.includes(name)) return undefined;
    try {
      return await this.read(name);
    } catch (error) {
      const whole = await this.firstWhole(folders.slice(folders.indexOf(name) + 1));
      throw new Error(
        `checkpoint: '${this.path(name)}' is damaged: ${(error as Error).message} ` +
          (whole
            ? `The one before it is whole: go on from '${whole}'.`
            : 'There is none before it that is whole.'),
        { cause: error },
      );
    }
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
    await this.check(name);
    const { order, ...state } = await this.readState(name);
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
    const manifest = parseManifest(path, await fs.readFile(path, 'utf8'));
    for (const file of files) {
      const filePath = this.path(name, file);
      await checkPlainFile('checkpoint', filePath);
      checkMark(filePath, manifest[file], await markFile(filePath));
    }
  }

  /** The state of a checkpoint that has been checked. */
  private async readState(name: string): Promise<StateFile> {
    const { promises: fs } = await nodeFs('checkpoint');
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
    const listed = await this.listed();
    if (listed.includes(name)) {
      await this.list(listed.filter((other) => other !== name));
      await this.remove(`${name}.old`);
      await fs.rename(this.path(name), this.path(`${name}.old`)).catch(ignoreMissing);
    }
    await syncFolder('checkpoint', draft);
    await fs.rename(draft, this.path(name));
    await syncFolder('checkpoint', this.directory);
    await this.remove(`${name}.old`);
  }

  /** The names in `latest`, newest first. */
  private async listed(): Promise<string[]> {
    const { promises: fs } = await nodeFs('checkpoint');
    const text = await fs.readFile(this.path('latest'), 'utf8').catch(() => '');
    return text.split('\n').filter((name) => FOLDER.test(name));
  }

  private list(names: readonly string[]): Promise<void> {
    return writeAtomicFile('checkpoint', this.path('latest'), names.map((name) => `${name}\n`).join(''));
  }

  /** Writes what people read: which are there, and which is the best. */
  private async describe(folders: readonly string[], best: string | undefined): Promise<void> {
    const { promises: fs } = await nodeFs('checkpoint');
    await this.list(folders);
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

  /** The folder of the best, as the newest state knows it; where that cannot be read, as `best` says. */
  private async bestName(): Promise<string | undefined> {
    const { promises: fs } = await nodeFs('checkpoint');
    const [newest] = await this.folders();
    if (newest === undefined) return undefined;
    try {
      await this.check(newest, [STATE]);
      const { best } = await this.readState(newest);
      return best && folderOf(best.step);
    } catch {
      const name = (await fs.readFile(this.path('best'), 'utf8').catch(() => '')).trim();
      return FOLDER.test(name) ? name : undefined;
    }
  }

  /** A path where nothing is yet. */
  private async freePlace(name: string): Promise<string> {
    const { promises: fs } = await nodeFs('checkpoint');
    for (let n = 1; ; n++) {
      const path = this.path(n === 1 ? name : `${name}-${n}`);
      const isThere = await fs.stat(path).then(
        () => true,
        () => false,
      );
      if (!isThere) return path;
    }
  }

  private path(...names: readonly string[]): string {
    return [this.directory, ...names.filter((name) => name !== '')].join('/');
  }
}

const MAX_MANIFEST_BYTES = 2 ** 20;
const stepOf = (folder: string): number => Number(FOLDER.exec(folder)![1]);

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
