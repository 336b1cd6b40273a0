import { createAtomicFile } from '@evenkeel/files';

/** Writes a file whole or not at all. */
export async function writeFile(path: string, content: string): Promise<void> {
  const file = await createAtomicFile('evenkeel', path);
  try {
    await file.write(new TextEncoder().encode(content));
    await file.sync();
    await file.publish();
  } finally {
    await file.discard();
  }
}
