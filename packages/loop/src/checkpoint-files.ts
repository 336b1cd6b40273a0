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
import { checkMark, type FileMark, manifestText, markOf, parseManifest } from './checkpoint-manifest.js';
import { parseRunState, stateText } from './state-file.js';

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
    [STATE]: text(stateText({ ...state, order })),
  };
  const marks: Record<string, FileMark> = {};
  for (const [name, bytes] of Object.entries(files)) marks[name] = await markOf(bytes);
  files[MANIFEST] = text(manifestText(marks));
  return {
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes])),
    latest: text(`${folder}\n`),
  };
}

/**
 * Reads what {@link checkpointFiles} gave, or the files of a run's directory: the checkpoint that `latest` names first,
 * without it that of the highest step.
 *
 * @returns The snapshot, whose tensors are the caller's to dispose.
 * @throws If there is no checkpoint among them, or it is damaged.
 */
export async function snapshotOf(files: CheckpointFiles): Promise<Snapshot> {
  const folder = newestIn(files);
  const file = (name: string) => {
    const path = `${folder}/${name}`;
    if (Object.hasOwn(files, path)) return { path, bytes: files[path] };
    throw new Error(
      `checkpoint: '${path}' is not there, expected ${WEIGHTS}, ${OPTIMIZER}, ${STATE} and ${MANIFEST} in its folder.`,
    );
  };
  const manifest = file(MANIFEST);
  const marks = parseManifest(manifest.path, new TextDecoder().decode(manifest.bytes));
  for (const [name, mark] of Object.entries(marks)) {
    const { path, bytes } = file(name);
    checkMark(path, mark, await markOf(bytes));
  }
  const { path, bytes } = file(STATE);
  const { order, ...state } = parseRunState(path, new TextDecoder().decode(bytes));
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

function newestIn(files: CheckpointFiles): string {
  const folders = Object.keys(files).flatMap((path) => FOLDER.exec(path)?.[1] ?? []);
  const listed = new TextDecoder().decode(files.latest).split('\n');
  const newest = listed.find((name) => folders.includes(name)) ?? folders.sort(bySteps).at(-1);
  if (newest !== undefined) return newest;
  throw new Error(
    `checkpoint: there is no folder like '${folderOf(500)}' with ${STATE} in it, expected the files of a checkpoint.`,
  );
}

const FOLDER = /^(step-\d{8,15})\/state\.json$/;
const bySteps = (a: string, b: string): number => Number(a.slice(5)) - Number(b.slice(5));
