import type { MetricRecord } from '@evenkeel/loop';

/** The names of all that records hold. */
export function namesIn(records: readonly MetricRecord[]): Set<string> {
  const names = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) names.add(name);
  return names;
}
