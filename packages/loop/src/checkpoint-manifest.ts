import { type Manifest, parseManifest } from '@evenkeel/files';
import { OPTIMIZER, STATE, WEIGHTS } from './checkpoint-format.js';

/**
 * Reads the `manifest.json` of a checkpoint.
 *
 * @throws If it is damaged, of another format, or does not list the files of a checkpoint, all of them and no other.
 */
export function parseCheckpointManifest(path: string, text: string): Manifest {
  const manifest = parseManifest(path, text);
  const files = [WEIGHTS, OPTIMIZER, STATE];
  const missing = files.find((name) => !Object.hasOwn(manifest, name));
  if (missing !== undefined)
    throw new Error(`'${path}' does not say what '${missing}' is, expected that it does.`);
  const unknown = Object.keys(manifest).find((name) => !files.includes(name));
  if (unknown !== undefined)
    throw new Error(`'${path}' lists '${unknown}', expected ${files.join(', ')} alone.`);
  return manifest;
}
