import { checkMark, type FileMark, manifestText, markOf } from '@evenkeel/files';
import { encodeSafetensors } from '@evenkeel/safetensors';
import { dispose } from '@tensorflow/tfjs-core';
import type { Snapshot } from './checkpoint.js';
import {
  byName,
  folderOf,
  MANIFEST,
  namesOf,
  OPTIMIZER,
  readTensors,
  STATE,
  WEIGHTS,
} from './checkpoint-format.js';
import { parseCheckpointManifest } from './checkpoint-manifest.js';
import { parseRunState, type StateFile, stateText } from './state-file.js';

/** Files by their names in a run's directory, with `/` between folders. */
export type CheckpointFiles = Readonly<Record<string, Uint8Array>>;

/**
 * A checkpoint as the files that `checkpoint: { directory }` writes, in memory: for a page, which packs them into a download.
 *
 *     step-00000500/weights.safetensors, step-00000500/optimizer.safetensors, step-00000500/state.json, step-00000500/manifest.json, latest
 *
 * Unpacked into a directory, `train` goes on from there in Node with `resume: true`.
 */
export async function checkpointFiles({ weights, optimizer, state }: Snapshot): Promise<CheckpointFiles> {
  const folder = folderOf(state.step);
  const order = { weights: namesOf(weights), optimizer: namesOf(optimizer) };
  const text = (content: string) => new TextEncoder().encode(content);
  const files: Record<string, Uint8Array> = {
    [WEIGHTS]: await encodeSafetensors(byName(weights)),
    [OPTIMIZER]: await encodeSafetensors(byName(optimizer)),
    [STATE]: text(stateText({ ...state, order, saved: 1 })),
  };
  const marks: Record<string, FileMark> = {};
  for (const [name, bytes] of Object.entries(files)) marks[name] = await markOf('checkpoint', bytes);
  files[MANIFEST] = text(manifestText(marks));
  return {
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes])),
    latest: text(`${folder}\n`),
  };
}

/**
 * Reads what {@link checkpointFiles} gave, or the files of a run's directory: the checkpoint that was saved last.
 *
 * @returns The snapshot, whose tensors are the caller's to dispose.
 * @throws If there is no checkpoint among them, or it is damaged.
 */
export async function snapshotOf(files: CheckpointFiles): Promise<Snapshot> {
  const folders = Object.keys(files).flatMap((path) => FOLDER.exec(path)?.[1] ?? []);
  if (folders.length === 0) {
    throw new Error(
      `checkpoint: there is no folder like '${folderOf(500)}' with ${STATE} in it, expected the files of a checkpoint.`,
    );
  }
  const states = await Promise.all(
    folders.map(async (folder) => ({ folder, ...(await stateIn(files, folder)) })),
  );
  const {
    folder,
    order,
    saved: _,
    ...state
  } = states.sort((a, b) => b.saved - a.saved || b.step - a.step)[0];
  const file = (name: string) => fileIn(files, folder, name);
  for (const name of [WEIGHTS, OPTIMIZER]) await checkIn(files, folder, name);
  const path = `${folder}/${STATE}`;
  if (folderOf(state.step) !== folder) {
    throw new Error(`checkpoint: '${path}' is of step ${state.step}, expected that of its folder.`);
  }
  const tensors = (name: string, names: readonly string[]) => {
    const { path, bytes } = file(name);
    return readTensors(bytes, path, names);
  };
  const weights = await tensors(WEIGHTS, order.weights);
  try {
    return { weights, optimizer: await tensors(OPTIMIZER, order.optimizer), state };
  } catch (error) {
    dispose(weights.map(({ tensor }) => tensor));
    throw error;
  }
}

function fileIn(files: CheckpointFiles, folder: string, name: string): { path: string; bytes: Uint8Array } {
  const path = `${folder}/${name}`;
  if (Object.hasOwn(files, path)) return { path, bytes: files[path] };
  throw new Error(
    `checkpoint: '${path}' is not there, expected ${WEIGHTS}, ${OPTIMIZER}, ${STATE} and ${MANIFEST} in its folder.`,
  );
}

/** @throws If a file is not what the manifest says. */
async function checkIn(files: CheckpointFiles, folder: string, name: string): Promise<void> {
  const manifest = fileIn(files, folder, MANIFEST);
  const { path, bytes } = fileIn(files, folder, name);
  const marks = parseCheckpointManifest(manifest.path, new TextDecoder().decode(manifest.bytes));
  await checkMark('checkpoint', path, bytes, marks[name]);
}

async function stateIn(files: CheckpointFiles, folder: string): Promise<StateFile> {
  await checkIn(files, folder, STATE);
  const { path, bytes } = fileIn(files, folder, STATE);
  return parseRunState(path, new TextDecoder().decode(bytes));
}

const FOLDER = /^(step-\d{8,15})\/state\.json$/;
