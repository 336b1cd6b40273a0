import { type FileMark, manifestText, markOf, writeAtomicFile } from '@evenkeel/files';

/** Beside the files of a model that was saved here: their sizes and hashes. */
export const MODEL_MANIFEST = 'evenkeel-manifest.json';

/**
 * Writes down what the files of a model's folder are, so that reading finds whatever happens to them. To be called last.
 *
 * @param names The files, which are there.
 */
export async function writeModelManifest(directory: string, names: readonly string[]): Promise<void> {
  const marks: Record<string, FileMark> = {};
  for (const name of names) marks[name] = await markOf('saveSafetensors', `${directory}/${name}`);
  await writeAtomicFile('saveSafetensors', `${directory}/${MODEL_MANIFEST}`, manifestText(marks));
}
