/** Metrics whose names do not say in words what they are. */
const WORDS: Readonly<Record<string, string>> = {
  log10Lipschitz: 'Lipschitz bound, as a power of ten',
};

/** A metric as people call it: `validation loss` for `validationLoss`. */
export const inWords = (metric: string): string =>
  WORDS[metric] ?? metric.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A metric with its name: `validation loss 2.31`, `validation accuracy 97.1 %`. */
export const measured = (metric: string, value: number): string =>
  `${inWords(metric)} ${/accuracy$/i.test(metric) ? `${(100 * value).toFixed(1)} %` : value.toPrecision(4)}`;
