import { expect } from 'vitest';

/** A line of docs/reliability.md. */
export interface FaultRow {
  readonly fault: string;
  readonly happened: string;
  readonly times: number;
  /** The test's file. */
  readonly file: string;
}

/**
 * Notes for `docs/reliability.md` that a test has caused a fault, and what it has seen to come of it. To be called once the test has
 * checked that; it does nothing unless `npm run reliability` runs the test.
 *
 * @param fault What was caused, as a text in single quotes: the document is compared with the sources.
 * @param happened What came of it, likewise.
 * @param times How often; repeated calls add up. Default 1.
 */
export function recordFault(fault: string, happened: string, times = 1): void {
  const file = globalThis.process?.env?.EVENKEEL_FAULTS;
  if (!file) return;
  const row: FaultRow = { fault, happened, times, file: expect.getState().testPath! };
  process.getBuiltinModule('node:fs').appendFileSync(file, `${JSON.stringify(row)}\n`);
}
