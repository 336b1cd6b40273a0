import { cpSync, renameSync, rmSync } from 'node:fs';

/** Copies a folder so that the copy is there complete or not at all. */
export function copyFolder(from: string, to: string): void {
  const draft = `${to}.tmp`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(from, draft, { recursive: true });
  renameSync(draft, to);
}
