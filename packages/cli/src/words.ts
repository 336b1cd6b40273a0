import { inWords, withUnit } from '@evenkeel/trainer/node';

/** A metric with its name: `validation loss 2.31`, `validation accuracy 97.1 %`. */
export const measured = (metric: string, value: number): string =>
  `${inWords(metric)} ${withUnit(metric, value)}`;
