/** Says how much a model memorises at present: a number that grows with it, or null while nothing is known. */
export type GrokkingSignal = () => number | null;

/**
 * A signal from the gap between training and evaluation loss.
 *
 *     max(0, eval − train) / max(eval, train)      in [0, 1] for losses ≥ 0; 0 where neither is above 0
 *
 * @param trainLoss, evalLoss The latest losses. The signal is null while one of them is no finite number.
 * @throws If `trainLoss` or `evalLoss` is no function.
 * @see GrokAdamW, README, "Grokking signal".
 */
export function lossGapSignal(
  trainLoss: () => number | null | undefined,
  evalLoss: () => number | null | undefined,
): GrokkingSignal {
  for (const [name, loss] of Object.entries({ trainLoss, evalLoss })) {
    if (typeof loss === 'function') continue;
    throw new Error(
      `lossGapSignal: ${name} is ${String(loss)}, expected a function that returns the latest loss. ` +
        `Try lossGapSignal(() => losses.train, () => losses.evaluation).`,
    );
  }
  return () => {
    const [train, evaluation] = [trainLoss(), evalLoss()];
    if (!isKnown(train) || !isKnown(evaluation)) return null;
    const largest = Math.max(evaluation, train);
    return largest > 0 ? Math.max(0, evaluation - train) / largest : 0;
  };
}

const isKnown = (loss: number | null | undefined): loss is number => Number.isFinite(loss);

/**
 * Reads several signals as one: the mean of those that know something, or null if none does.
 *
 * A signal that throws, or returns something that is not a finite number, is reported once and skipped. The published code
 * reports it at every step, and averages numbers that are not finite.
 *
 * @throws If `signals` is no list of functions.
 */
export function combineSignals(signals: readonly GrokkingSignal[]): GrokkingSignal {
  if (!Array.isArray(signals)) {
    throw new Error(
      `grokAdamW: grokkingSignals is ${described(signals)}, expected a list of functions. Put it into [ ].`,
    );
  }
  signals.forEach((signal, i) => {
    if (typeof signal === 'function') return;
    throw new Error(
      `grokAdamW: grokkingSignals[${i}] is ${described(signal)}, expected a function without arguments that returns ` +
        `a number or null. Try lossGapSignal(…).`,
    );
  });
  const reported = new Set<GrokkingSignal>();
  const report = (signal: GrokkingSignal, index: number, what: string) => {
    if (reported.has(signal)) return;
    reported.add(signal);
    console.warn(
      `grokAdamW: grokking signal ${index} ${what}, expected a function without arguments that returns a number or ` +
        `null. It is skipped.`,
    );
  };
  const read = (signal: GrokkingSignal, index: number): number | null => {
    try {
      const value = signal();
      if (value === null || value === undefined) return null;
      if (Number.isFinite(value)) return value;
      report(signal, index, `returned ${String(value)}`);
    } catch (error) {
      report(signal, index, `threw "${error instanceof Error ? error.message : String(error)}"`);
    }
    return null;
  };
  return () => {
    const values = signals.map(read).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
}

const described = (value: unknown): string => (typeof value === 'function' ? 'a function' : String(value));
