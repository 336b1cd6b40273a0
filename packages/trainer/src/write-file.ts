import { writeAtomicFile } from '@evenkeel/files';

/** Writes a file of a run whole or not at all. */
export const writeFile = (path: string, content: string): Promise<void> =>
  writeAtomicFile('evenkeel', path, content);
