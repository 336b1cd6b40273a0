import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Surroundings } from './result.js';

/** A folder of its own for a run in a test, and a short text. */
export function surroundingsForTests(): Surroundings & { remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'run-'));
  return {
    directory: join(root, 'run'),
    kept: join(root, 'kept'),
    signal: new AbortController().signal,
    text: async () => 'the quick brown fox jumps over the lazy dog, again and again.\n'.repeat(100),
    remove: () => rmSync(root, { recursive: true }),
  };
}
