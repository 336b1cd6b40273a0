import type { RunConfig } from '@evenkeel/trainer/config';
import { UsageError } from '@evenkeel/trainer/config';

/**
 * The different losses that runs learn by, in words. Numbers of two losses do not compare: StableMax gives other probabilities
 * to the same logits than softmax, with other guards again others, and an output more takes a part of them.
 */
export function lossesOf(configs: readonly Pick<RunConfig, 'loss' | 'expandHead'>[]): string[] {
  const words = configs.map(({ loss: { name, ...guards }, expandHead }) =>
    [
      name,
      ...Object.entries(guards).map(([guard, value]) => `${guard} ${value}`),
      ...(expandHead ? ['expandHead'] : []),
    ].join(' '),
  );
  return [...new Set(words)];
}

/** @throws If runs of different losses are to be compared by their losses. */
export function checkComparable(metric: string | undefined, losses: readonly string[]): void {
  if (metric === undefined || losses.length === 1 || !/loss/i.test(metric)) return;
  throw new UsageError(
    `--metric is '${metric}' and the losses differ (${losses.join(', ')}), so that their numbers do not compare, expected another metric. Try --metric validationAccuracy`,
  );
}
