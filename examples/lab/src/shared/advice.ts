import { DEFAULTS, LEARNING_RATES, type Settings, STRENGTHS } from './settings.js';

/** Settings that would help, which the page can choose for a person: `Run on WASM`. */
export interface Advice {
  readonly words: string;
  readonly settings: Partial<Settings>;
}

/** Something that does not work, and what would. */
export class AdvisedError extends Error {
  constructor(
    message: string,
    readonly advice: readonly Advice[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const adviceOf = (error: unknown): readonly Advice[] =>
  error instanceof AdvisedError ? error.advice : [];

export const ON_WASM: Advice = { words: 'Run on WASM', settings: { backend: 'wasm' } };
export const ON_WEBGL: Advice = { words: 'Run on WebGL', settings: { backend: 'webgl' } };
export const ECCLESIASTES: Advice = { words: 'Learn Ecclesiastes', settings: { task: 'ecclesiastes' } };

/** For a run that has come to its end. */
export const moreStepsThan = (step: number): Advice => ({
  words: `Go on to step ${2 * step}`,
  settings: { steps: 2 * step },
});

/**
 * What may keep a run on the rails that has left them. A cap alone would: it holds the loss finite at any rate, but at a rate that
 * blew the weights up nothing is learned.
 */
export function adviceAfterDivergence({ optimizer, learningRate, constraint }: Settings): readonly Advice[] {
  const lower = Math.min(Number((learningRate / 10).toPrecision(2)), LEARNING_RATES[optimizer]);
  const strength = STRENGTHS['spectralCap'] ?? DEFAULTS.strength;
  return [
    { words: `Lower the learning rate to ${lower}`, settings: { learningRate: lower } },
    ...(constraint === 'none'
      ? [
          {
            words: `Learn at ${lower}, with spectral norms held at ${strength}`,
            settings: { learningRate: lower, constraint: 'spectralCap', strength } as const,
          },
        ]
      : []),
  ];
}
